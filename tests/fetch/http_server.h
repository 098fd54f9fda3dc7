#pragma once

#include <array>
#include <csignal>
#include <cstdlib>
#include <fstream>
#include <string>
#include <vector>

#include <fcntl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "support/paths.h"

namespace mirrortune::test {

enum class Scheme { http, https };

/// tests/fetch/http_server.py on a loopback port, for as long as this lives. No proxy of the environment
/// stands between. With https its certificate, made for the test, is trusted by nobody who is not told of it.
class HttpServer {
 public:
  explicit HttpServer(Scheme scheme = Scheme::http) {
    for (const char* variable :
         {"http_proxy", "https_proxy", "all_proxy", "HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"}) {
      ::unsetenv(variable);
    }
    ::setenv("NO_PROXY", "127.0.0.1", 1);
    if (scheme == Scheme::https) make_certificate();
    std::array<int, 2> in{};
    std::array<int, 2> out{};
    if (::pipe2(in.data(), O_CLOEXEC) != 0 || ::pipe2(out.data(), O_CLOEXEC) != 0) std::abort();
    child_ = ::fork();
    if (child_ == 0) {
      ::dup2(in[0], STDIN_FILENO);
      ::dup2(out[1], STDOUT_FILENO);
      const std::string script = std::string(kSourceDir) + "/tests/fetch/http_server.py";
      const std::string log = log_path().string();
      const std::string pem = certificate().string();
      ::execlp("python3", "python3", script.c_str(), log.c_str(),
               scheme == Scheme::https ? pem.c_str() : nullptr, nullptr);
      _exit(1);
    }
    ::close(in[0]);
    ::close(out[1]);
    stdin_ = in[1];
    std::string port;
    for (char c = 0; ::read(out[0], &c, 1) == 1 && c != '\n';) port += c;
    ::close(out[0]);
    if (port.empty()) std::abort();
    root_ = (scheme == Scheme::https ? "https://127.0.0.1:" : "http://127.0.0.1:") + port;
  }
  ~HttpServer() {
    ::close(stdin_);  // it ends when nobody is left to serve
    ::waitpid(child_, nullptr, 0);
  }
  HttpServer(const HttpServer&) = delete;
  HttpServer& operator=(const HttpServer&) = delete;

  /// The address of a behaviour; `name` is what the file is called.
  std::string address(const std::string& behaviour, const std::string& name = "file.bin") const {
    return root_ + "/" + behaviour + "/" + name;
  }

  /// What was asked: "PATH RANGE IF-RANGE" per request.
  std::vector<std::string> requests() const {
    std::ifstream log(log_path());
    std::vector<std::string> lines;
    for (std::string line; std::getline(log, line);) lines.push_back(line);
    return lines;
  }

  /// File of the https server's key and certificate.
  std::filesystem::path certificate() const { return folder_ / "server.pem"; }

  /// The content that it serves.
  static std::string content() {
    std::string bytes(300'000, '\0');
    for (std::size_t i = 0; i < bytes.size(); ++i) bytes[i] = static_cast<char>((7 * i + i / 256) % 256);
    return bytes;
  }

 private:
  void make_certificate() const {
    const std::string pem = certificate().string();
    const std::string command =
        "openssl req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=127.0.0.1 -addext "
        "subjectAltName=IP:127.0.0.1 -keyout " +
        pem + " -out " + pem +
        ".crt 2>/dev/null && "
        "cat " +
        pem + ".crt >> " + pem;
    if (std::system(command.c_str()) != 0) std::abort();
  }

  std::filesystem::path log_path() const { return folder_ / "requests.txt"; }

  TemporaryFolder folder_;
  pid_t child_ = -1;
  int stdin_ = -1;
  std::string root_;
};

}  // namespace mirrortune::test
