#include "common/service/daemon.h"

#include <unistd.h>

#include <catch2/catch.hpp>
#include <csignal>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>

#include "common/net/http.h"
#include "tests/unit/service/child_process.h"

using namespace pugmark;
using namespace std::chrono_literals;
using test::ChildProcess;

namespace {

using Arguments = std::vector<std::string>;
using Environment = std::map<std::string, std::string>;

const std::string kAnyPort = "--admin.http.host-port=127.0.0.1:0";

// A daemon on a port of its own choice.
struct FrameDaemon : ChildProcess {
  explicit FrameDaemon(Arguments arguments, const Environment& environment = {})
      : ChildProcess(FRAME_DAEMON, Added(std::move(arguments)), environment) {}

  static Arguments Added(Arguments arguments) {
    arguments.push_back(kAnyPort);
    return arguments;
  }
  void WaitUntilReady() { REQUIRE(WaitForOutput(R"("status":"ready")")); }
  [[nodiscard]] HostPort AdminAddress() const {
    return *HostPort::Parse(LogField("Admin server started", "address"));
  }
  [[nodiscard]] HttpResponse Get(const std::string& target) const {
    auto response = HttpFetch(AdminAddress(), "GET", target, "", {}, 10s);
    REQUIRE(response.ok());
    return *std::move(response);
  }
};

// Runs it to its end.
struct Finished {
  explicit Finished(const Arguments& arguments, const Environment& environment = {}) {
    ChildProcess process(FRAME_DAEMON, arguments, environment);
    exit_code = process.Wait();
    out = process.out();
    err = process.err();
  }
  int exit_code;
  std::string out;
  std::string err;
};

}  // namespace

TEST_CASE("daemon: version is one line of JSON without its end", "[service]") {
  const Finished done({"version"});
  CHECK(done.exit_code == 0);
  CHECK(done.out == VersionJson());
  CHECK(done.err.empty());
}

TEST_CASE("daemon: env explains variables", "[service]") {
  const Finished done({"env"}, {{"SPAN_STORAGE_TYPE", "floppy"}});
  CHECK(done.exit_code == 0);
  CHECK_THAT(done.out,
             Catch::Contains("SPAN_STORAGE_TYPE") && Catch::Contains("COLLECTOR_QUEUE_SIZE"));
}

TEST_CASE("daemon: help in every spelling", "[service]") {
  const auto arguments =
      GENERATE(Arguments{"--help"}, Arguments{"-h"}, Arguments{"help"},
               Arguments{"--frame.queue-size=2", "--help"}, Arguments{"version", "--help"});
  const Finished done(arguments);
  CHECK(done.exit_code == 0);
  for (const std::string text : {"frame-daemon does nothing", "print-config", "--frame.queue-size",
                                 "FRAME_QUEUE_SIZE", "--admin.http.host-port", ":14269",
                                 "--config-file", "--log-level", "--metrics-http-route"}) {
    CHECK_THAT(done.out, Catch::Contains(text));
  }
}

TEST_CASE("daemon: print-config names the source of each value", "[service]") {
  const Finished done({"print-config", "--frame.queue-size=17", "--frame.password=hunter2"},
                      {{"LOG_LEVEL", "debug"}});
  CHECK(done.exit_code == 0);
  CHECK_THAT(done.out, Catch::Contains("Configuration Option Name"));
  CHECK_THAT(done.out, Catch::Matches("[^]*frame\\.queue-size +17 +command line[^]*"));
  CHECK_THAT(done.out, Catch::Matches("[^]*log-level +debug +environment[^]*"));
  CHECK_THAT(done.out, !Catch::Contains("hunter2") && !Catch::Contains("config-file"));
  CHECK_THAT(Finished({"print-config", "-a"}).out, Catch::Contains("config-file"));
  CHECK_THAT(Finished({"print-config", "--all"}).out, Catch::Contains("config-file"));
}

TEST_CASE("daemon: what is wrong before the start is one line and an exit code", "[service]") {
  struct Row {
    Arguments arguments;
    Environment environment;
    int exit_code;
    std::string message;
  };
  const auto row = GENERATE(values<Row>({
      {{"--frame.queue-sise=1"}, {}, 2, "did you mean --frame.queue-size?"},
      {{"print-config", "--frame.queue-sise=1"}, {}, 2, "did you mean --frame.queue-size?"},
      {{"serve"}, {}, 2, "unknown command \"serve\""},
      {{"--frame.queue-size=1", "version"}, {}, 2, "unexpected argument \"version\""},
      {{"--frame.queue-size"}, {}, 2, "flag --frame.queue-size needs a value"},
      {{"--frame.queue-size=many"}, {}, 78, "frame.queue-size: want an integer"},
      {{"print-config", "--frame.queue-size=many"}, {}, 78, "frame.queue-size: want an integer"},
      {{}, {{"FRAME_QUEUE_SIZE", "many"}}, 78, "environment variable FRAME_QUEUE_SIZE"},
      {{"--config-file=/nonexistent/x.yaml"}, {}, 78, "config file /nonexistent/x.yaml"},
      {{"--log-level=loud"}, {}, 78, "log-level: want debug"},
      {{"--log-encoding=xml"}, {}, 78, "log-encoding: want json"},
      {{"--metrics-backend=statsd"}, {}, 78, "metrics-backend: want prometheus or none"},
      {{"--metrics-http-route=metrics"}, {}, 78, "metrics-http-route: want a path"},
      {{"--admin.http.host-port=host:99999"}, {}, 78, "admin.http.host-port: want host:port"},
      {{"--frame.mode=misconfigured"}, {}, 78, "frame.mode: not that one"},
      {{}, {{"SPAN_STORAGE_TYPE", "floppy"}}, 78, "floppy"},
      {{"status", "--status.http.host-port=nowhere"}, {}, 78, "status.http.host-port"},
      {{"status", "--frame.queue-size=1"}, {}, 2, "did you mean"},
  }));
  CAPTURE(row.arguments);
  const Finished done(row.arguments, row.environment);
  CHECK(done.exit_code == row.exit_code);
  CHECK_THAT(done.err, Catch::StartsWith("frame-daemon: ") && Catch::Contains(row.message));
  CHECK(std::count(done.err.begin(), done.err.end(), '\n') == 1);
  CHECK(done.out.empty());
}

TEST_CASE("daemon: a start that fails says why and ends with its code", "[service]") {
  const auto [mode, exit_code, message] = GENERATE(table<std::string, int, std::string>({
      {"unavailable", 75, "the store is owned by another process"},
      {"precondition", 75, "the store has another format"},
      {"invalid", 78, "rocksdb.sync: want group"},
      {"broken", 1, "disk error"},
  }));
  FrameDaemon daemon({"--frame.mode=" + mode});
  CHECK(daemon.Wait() == exit_code);
  CHECK(daemon.LogField("Start failed", "error") == message);
  CHECK(daemon.LogField("Start failed", "level") == "fatal");
}

TEST_CASE("daemon: a taken port is named", "[service]") {
  FrameDaemon first({});
  first.WaitUntilReady();
  const std::string taken = first.AdminAddress().ToString();
  const std::string port = std::to_string(first.AdminAddress().port);
  SECTION("of the admin server") {
    const Finished second({"--admin.http.host-port=" + taken});
    CHECK(second.exit_code == 75);
    CHECK_THAT(second.err, Catch::Contains(port) && Catch::Contains("--admin.http.host-port"));
  }
  SECTION("of a component") {
    const Finished second({kAnyPort, "--frame.http-server.host-port=" + taken});
    CHECK(second.exit_code == 75);
    CHECK_THAT(second.err, Catch::Contains(port) && Catch::Contains("frame.http-server"));
  }
}

TEST_CASE("daemon: a signal stops it in order", "[service]") {
  const int signal = GENERATE(SIGTERM, SIGINT);
  FrameDaemon daemon({"--log-level=debug"});
  daemon.WaitUntilReady();
  CHECK(daemon.Get("/").status == 200);
  daemon.Signal(signal);
  CHECK(daemon.Wait() == 0);
  CHECK(daemon.LogField("service stops", "in_time") == "true");
  CHECK(daemon.LogField("Shutting down", "reason") == (signal == SIGTERM ? "SIGTERM" : "SIGINT"));
  std::size_t at = 0;
  for (const std::string event :
       {"Starting frame-daemon", "Admin server started", "start was called", R"("status":"ready")",
        "Shutting down", R"("status":"unavailable")", "service stops", R"("part":"service")",
        R"("part":"admin")", "service freed", "Shutdown complete"}) {
    CAPTURE(event, daemon.err());
    const std::size_t found = daemon.err().find(event, at);
    REQUIRE(found != std::string::npos);
    at = found;
  }
}

TEST_CASE("daemon: a start that waits ends on a signal", "[service]") {
  FrameDaemon daemon({"--frame.mode=wait"});
  REQUIRE(daemon.WaitForOutput("start was called"));
  CHECK(daemon.Get("/").status == 503);
  CHECK(daemon.Get("/readyz").status == 503);
  CHECK(daemon.Get("/livez").status == 200);
  daemon.Signal(SIGTERM);
  CHECK(daemon.Wait() == 0);
  CHECK_THAT(daemon.err(), Catch::Contains("Shutdown complete"));
}

TEST_CASE("daemon: a second signal ends it at once", "[service]") {
  FrameDaemon daemon({"--frame.mode=hang-at-stop"});
  daemon.WaitUntilReady();
  daemon.Signal(SIGTERM);
  REQUIRE(daemon.WaitForOutput("service stops"));
  daemon.Signal(SIGTERM);
  CHECK(daemon.Wait() == 1);
  CHECK_THAT(daemon.err(), Catch::Contains("Ending at once"));
}

TEST_CASE("daemon: what outlasts the time for shutdown is ended", "[service]") {
  const std::string mode = GENERATE("hang-at-stop", "hang-at-start");
  FrameDaemon daemon({"--frame.mode=" + mode});
  REQUIRE(
      daemon.WaitForOutput(mode == "hang-at-stop" ? R"("status":"ready")" : "start was called"));
  daemon.Signal(SIGTERM);
  CHECK(daemon.Wait() == 1);
  CHECK_THAT(daemon.err(), Catch::Contains("Shutdown took too long"));
}

TEST_CASE("daemon: a component can end the process with its code", "[service]") {
  FrameDaemon daemon({"--frame.mode=fatal"});
  CHECK(daemon.Wait() == 70);
  CHECK(daemon.LogField("Shutting down", "reason") == "the store went fatal");
  CHECK(daemon.LogField("Shutting down", "level") == "error");
  CHECK_THAT(daemon.err(), Catch::Contains("service stops") && !Catch::Contains("\"ready\""));
}

TEST_CASE("daemon: the code of a component outlives a shutdown that hangs", "[service]") {
  FrameDaemon daemon({"--frame.mode=fatal-and-hang"});
  CHECK(daemon.Wait() == 70);
  CHECK_THAT(daemon.err(), Catch::Contains("Shutdown took too long"));
}

TEST_CASE("daemon: a reader of its log that has gone does not end it", "[service]") {
  FrameDaemon daemon({});
  daemon.WaitUntilReady();
  daemon.Signal(SIGPIPE);
  CHECK(daemon.Get("/livez").status == 200);
}

TEST_CASE("daemon: status asks the admin port", "[service]") {
  const auto [mode, exit_code, text] = GENERATE(table<std::string, int, std::string>(
      {{"run", 0, "Server available"}, {"unhealthy", 1, "Server not available"}}));
  FrameDaemon daemon({"--frame.mode=" + mode});
  daemon.WaitUntilReady();
  const Finished done({"status", "--status.http.host-port=" + daemon.AdminAddress().ToString()});
  CHECK(done.exit_code == exit_code);
  CHECK_THAT(done.out, Catch::Contains(text) && Catch::EndsWith("}\n"));
  const Finished by_variable({"status"},
                             {{"STATUS_HTTP_HOST_PORT", daemon.AdminAddress().ToString()}});
  CHECK(by_variable.exit_code == exit_code);
}

TEST_CASE("daemon: status of a process that is not there", "[service]") {
  const Finished done({"status", "--status.http.host-port=127.0.0.1:1"});
  CHECK(done.exit_code == 1);
  CHECK_THAT(done.err, Catch::Contains("127.0.0.1:1"));
}

TEST_CASE("daemon: metrics of the process and of the build", "[service]") {
  FrameDaemon daemon({});
  daemon.WaitUntilReady();
  const HttpResponse response = daemon.Get("/metrics");
  CHECK(response.status == 200);
  CHECK(response.content_type == "text/plain; version=0.0.4; charset=utf-8");
  CHECK_THAT(response.body, Catch::Contains("\nprocess_cpu_seconds_total ") &&
                                Catch::Contains("jaeger_frame_build_info{") &&
                                Catch::Contains("revision=\"" + GitCommit() + "\""));
}

TEST_CASE("daemon: metrics move or go", "[service]") {
  SECTION("another route") {
    FrameDaemon daemon({"--metrics-http-route=/prom"});
    daemon.WaitUntilReady();
    CHECK_THAT(daemon.Get("/prom").body, Catch::Contains("process_cpu_seconds_total"));
    CHECK(daemon.Get("/metrics").content_type == "application/json");
  }
  SECTION("none") {
    FrameDaemon daemon({"--metrics-backend=none"});
    daemon.WaitUntilReady();
    CHECK(daemon.Get("/metrics").content_type == "application/json");
  }
  SECTION("Jaeger's expvar is taken") {
    FrameDaemon daemon({"--metrics-backend=expvar"});
    daemon.WaitUntilReady();
    CHECK_THAT(daemon.err(), Catch::Contains("no metrics backend expvar"));
    CHECK_THAT(daemon.Get("/metrics").body, Catch::Contains("process_cpu_seconds_total"));
  }
}

TEST_CASE("daemon: effective values and warnings are logged, secrets masked", "[service]") {
  FrameDaemon daemon({"--frame.queue-size=17", "--frame.password=hunter2"},
                     {{"FRAME_HTTP_SERVER_HOST_PORT", "tcp://10.0.0.1:80"}});
  daemon.WaitUntilReady();
  CHECK_THAT(daemon.err(), Catch::Contains(R"("name":"frame.queue-size","value":"17")") &&
                               Catch::Contains(R"("name":"frame.password","value":"***")") &&
                               Catch::Contains("FRAME_HTTP_SERVER_HOST_PORT is ignored") &&
                               !Catch::Contains("hunter2"));
}
