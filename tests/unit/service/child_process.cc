#include "tests/unit/service/child_process.h"

#include <fcntl.h>
#include <poll.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <catch2/catch.hpp>
#include <csignal>
#include <nlohmann/json.hpp>
#include <sstream>

namespace pugmark::test {
namespace {

constexpr int kSilenceMs = 30'000;

std::vector<char*> Pointers(std::vector<std::string>& texts) {
  std::vector<char*> pointers;
  for (std::string& text : texts) {
    pointers.push_back(text.data());
  }
  pointers.push_back(nullptr);
  return pointers;
}

// Appends what there is to `text`; closes the pipe at its end.
void Drain(int& pipe, std::string& text) {
  char buffer[4096];
  const ssize_t size = ::read(pipe, buffer, sizeof buffer);
  if (size > 0) {
    text.append(buffer, static_cast<std::size_t>(size));
  } else {
    ::close(pipe);
    pipe = -1;
  }
}

}  // namespace

ChildProcess::ChildProcess(const std::string& program, const std::vector<std::string>& arguments,
                           const std::map<std::string, std::string>& environment) {
  int out[2];
  int err[2];
  REQUIRE(::pipe2(out, O_CLOEXEC) == 0);
  REQUIRE(::pipe2(err, O_CLOEXEC) == 0);
  posix_spawn_file_actions_t actions;
  ::posix_spawn_file_actions_init(&actions);
  ::posix_spawn_file_actions_adddup2(&actions, out[1], STDOUT_FILENO);
  ::posix_spawn_file_actions_adddup2(&actions, err[1], STDERR_FILENO);
  std::vector<std::string> words = {program};
  words.insert(words.end(), arguments.begin(), arguments.end());
  std::vector<std::string> variables;
  for (const auto& [name, value] : environment) {
    variables.push_back(name + "=" + value);
  }
  REQUIRE(::posix_spawn(&pid_, program.c_str(), &actions, nullptr, Pointers(words).data(),
                        Pointers(variables).data()) == 0);
  ::posix_spawn_file_actions_destroy(&actions);
  ::close(out[1]);
  ::close(err[1]);
  out_pipe_ = out[0];
  err_pipe_ = err[0];
}

ChildProcess::~ChildProcess() {
  if (pid_ > 0) {
    ::kill(pid_, SIGKILL);
    ::waitpid(pid_, nullptr, 0);
  }
  ::close(out_pipe_);
  ::close(err_pipe_);
}

bool ChildProcess::ReadSome() {
  pollfd pipes[2] = {{out_pipe_, POLLIN, 0}, {err_pipe_, POLLIN, 0}};
  if ((out_pipe_ < 0 && err_pipe_ < 0) || ::poll(pipes, 2, kSilenceMs) <= 0) {
    return false;
  }
  if (pipes[0].revents != 0) {
    Drain(out_pipe_, out_);
  }
  if (pipes[1].revents != 0) {
    Drain(err_pipe_, err_);
  }
  return true;
}

bool ChildProcess::WaitForOutput(const std::string& text) {
  while (out_.find(text) == std::string::npos && err_.find(text) == std::string::npos) {
    if (!ReadSome()) {
      return false;
    }
  }
  return true;
}

void ChildProcess::Signal(int signal) const { ::kill(pid_, signal); }

int ChildProcess::Wait() {
  while (ReadSome()) {
  }
  if (out_pipe_ >= 0 || err_pipe_ >= 0) {
    FAIL("the program is silent and does not end; it wrote:\n" << out_ << err_);
  }
  int status = 0;
  ::waitpid(pid_, &status, 0);
  pid_ = -1;
  return WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status);
}

std::string ChildProcess::LogField(const std::string& event, const std::string& key) const {
  std::istringstream lines(err_);
  for (std::string line; std::getline(lines, line);) {
    const auto parsed = nlohmann::json::parse(line, nullptr, false);
    if (parsed.is_object() && parsed.value("msg", "") == event && parsed.contains(key)) {
      return parsed[key].is_string() ? parsed[key].get<std::string>() : parsed[key].dump();
    }
  }
  FAIL("no line " << event << " with " << key << " in:\n" << err_);
  return {};
}

}  // namespace pugmark::test
