// A program under test: started with its output captured, ended with the object.
#pragma once

#include <sys/types.h>

#include <map>
#include <string>
#include <vector>

namespace pugmark::test {

class ChildProcess {
 public:
  // The environment is `environment` alone.
  ChildProcess(const std::string& program, const std::vector<std::string>& arguments,
               const std::map<std::string, std::string>& environment = {});
  ~ChildProcess();
  ChildProcess(const ChildProcess&) = delete;
  ChildProcess& operator=(const ChildProcess&) = delete;

  // Reads its output until `text` is there; false when it ends, or is silent for 30 s, before.
  bool WaitForOutput(const std::string& text);
  void Signal(int signal) const;
  // Reads the rest of the output and waits for the end. The exit code, or minus the signal.
  int Wait();

  // Everything read so far.
  [[nodiscard]] const std::string& out() const { return out_; }
  [[nodiscard]] const std::string& err() const { return err_; }
  // What `key` is in the first line of `err` that is a JSON object with msg = `event`.
  [[nodiscard]] std::string LogField(const std::string& event, const std::string& key) const;

 private:
  // Waits for more output; false when both streams are closed or silent for too long.
  bool ReadSome();

  pid_t pid_ = -1;
  int out_pipe_ = -1;
  int err_pipe_ = -1;
  std::string out_;
  std::string err_;
};

}  // namespace pugmark::test
