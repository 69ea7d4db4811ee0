#include "agent/reporter/tls_credentials.h"

#include <grpcpp/security/tls_certificate_provider.h>
#include <grpcpp/security/tls_certificate_verifier.h>
#include <grpcpp/security/tls_credentials_options.h>

#include <cerrno>
#include <cstring>
#include <fstream>
#include <string>

namespace pugmark {
namespace {

namespace experimental = grpc::experimental;

constexpr unsigned kRereadSeconds = 60;

Status CheckReadable(const char* option, const std::string& path) {
  if (path.empty() || std::ifstream(path).good()) {
    return {};
  }
  return InvalidArgument("--reporter.grpc.tls." + std::string(option) + ": cannot read " + path +
                         ": " + std::strerror(errno));
}

}  // namespace

Result<std::shared_ptr<grpc::ChannelCredentials>> MakeCredentials(const TlsClientConfig& config) {
  if (!config.enabled) {
    return grpc::InsecureChannelCredentials();
  }
  for (const auto& [option, path] : {std::pair<const char*, const std::string&>{"ca", config.ca},
                                     {"cert", config.cert},
                                     {"key", config.key}}) {
    if (Status status = CheckReadable(option, path); !status.ok()) {
      return std::move(status).error();
    }
  }
  experimental::TlsChannelCredentialsOptions options;
  if (!config.ca.empty() || !config.cert.empty()) {
    options.set_certificate_provider(std::make_shared<experimental::FileWatcherCertificateProvider>(
        config.key, config.cert, config.ca, kRereadSeconds));
  }
  if (!config.ca.empty()) {
    options.watch_root_certs();  // else those of the system
  }
  if (!config.cert.empty()) {
    options.watch_identity_key_cert_pairs();
  }
  if (config.skip_host_verify) {
    options.set_verify_server_certs(false);
    options.set_check_call_host(false);
    options.set_certificate_verifier(std::make_shared<experimental::NoOpCertificateVerifier>());
  }
  return experimental::TlsCredentials(options);
}

}  // namespace pugmark
