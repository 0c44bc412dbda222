#include "tools/sources/tls_session.h"

#include <arpa/inet.h>
#include <fmt/format.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <poll.h>

#include <array>
#include <cerrno>

#include "store/core/error.h"

namespace varve {
namespace {

struct FreeContext {
  void operator()(SSL_CTX* context) const noexcept { SSL_CTX_free(context); }
};
struct FreeSession {
  void operator()(SSL* session) const noexcept { SSL_free(session); }
};
using OwnedContext = std::unique_ptr<SSL_CTX, FreeContext>;
using OwnedSession = std::unique_ptr<SSL, FreeSession>;

Error failed(const std::string& why) { return {ErrorCode::failed, why}; }

// OpenSSL's words for what went wrong last on this thread.
std::string openssl_words() {
  const unsigned long code = ERR_peek_last_error();
  ERR_clear_error();
  const char* words = code == 0 ? nullptr : ERR_reason_error_string(code);
  return words == nullptr ? "no reason is known" : words;
}

void require(int done, const std::string& what) {
  if (done != 1) throw failed(fmt::format("{}: {}", what, openssl_words()));
}

OwnedContext make_context(const TlsFiles& files) {
  OwnedContext context(SSL_CTX_new(TLS_client_method()));
  if (!context) throw failed("TLS does not start: " + openssl_words());
  SSL_CTX_set_min_proto_version(context.get(), TLS1_2_VERSION);
  SSL_CTX_set_verify(context.get(), SSL_VERIFY_PEER, nullptr);
  if (files.ca_file.empty()) {
    require(SSL_CTX_set_default_verify_paths(context.get()),
            "cannot read the system's certificates");
  } else {
    require(SSL_CTX_load_verify_file(context.get(), files.ca_file.c_str()),
            fmt::format("cannot use the certificate {}", files.ca_file.string()));
  }
  if (!files.certificate.empty()) {
    require(SSL_CTX_use_certificate_chain_file(context.get(), files.certificate.c_str()),
            fmt::format("cannot use the certificate {}", files.certificate.string()));
    require(SSL_CTX_use_PrivateKey_file(context.get(), files.key.c_str(), SSL_FILETYPE_PEM),
            fmt::format("cannot use the key {}", files.key.string()));
  }
  return context;
}

bool is_ip_address(const std::string& host) {
  std::array<unsigned char, sizeof(in6_addr)> bytes{};
  return ::inet_pton(AF_INET, host.c_str(), bytes.data()) == 1 ||
         ::inet_pton(AF_INET6, host.c_str(), bytes.data()) == 1;
}

// Whom the certificate has to be for.
void expect_host(SSL* session, const std::string& host) {
  if (is_ip_address(host)) {
    require(X509_VERIFY_PARAM_set1_ip_asc(SSL_get0_param(session), host.c_str()),
            "cannot ask for the host's certificate");
    return;
  }
  require(SSL_set1_host(session, host.c_str()), "cannot ask for the host's certificate");
  // SSL_set_tlsext_host_name is a macro with a cast that -Wold-style-cast minds.
  std::string name = host;
  const long done =
      SSL_ctrl(session, SSL_CTRL_SET_TLSEXT_HOSTNAME, TLSEXT_NAMETYPE_host_name, name.data());
  require(static_cast<int>(done), "cannot ask for the host by name");
}

}  // namespace

struct TlsSession::State {
  State(Socket& on, const std::string& host, const TlsFiles& files)
      : socket(on), context(make_context(files)), session(SSL_new(context.get())) {
    if (!session) throw failed("TLS does not start: " + openssl_words());
    expect_host(session.get(), host);
    require(SSL_set_fd(session.get(), socket.fd()), "TLS does not start");
  }

  // Repeats `step` until it has done something; its result, or 0 where the other side has closed.
  template <class Step>
  int drive(const Step& step) {
    while (true) {
      ERR_clear_error();
      errno = 0;
      const int done = step();
      if (done > 0) return done;
      switch (SSL_get_error(session.get(), done)) {
        case SSL_ERROR_WANT_READ:
          socket.wait(POLLIN);
          break;
        case SSL_ERROR_WANT_WRITE:
          socket.wait(POLLOUT);
          break;
        case SSL_ERROR_ZERO_RETURN:
          return 0;
        case SSL_ERROR_SYSCALL:
          if (errno == 0) return 0;
          throw failed("the connection broke: " + std::generic_category().message(errno));
        default:
          throw_refusal();
      }
    }
  }

  [[noreturn]] void throw_refusal() const {
    const long verdict = SSL_get_verify_result(session.get());
    if (verdict != X509_V_OK) {
      ERR_clear_error();
      throw failed(
          fmt::format("its certificate is not trusted ({}): name the authority that "
                      "signed it with ?cacert=PATH",
                      X509_verify_cert_error_string(verdict)));
    }
    // A reader that gets no close_notify cannot tell an end from an attack; neither is data.
    if (ERR_GET_REASON(ERR_peek_last_error()) == SSL_R_UNEXPECTED_EOF_WHILE_READING) {
      ERR_clear_error();
      throw failed("the server broke the connection off");
    }
    throw failed("TLS failed: " + openssl_words());
  }

  Socket& socket;
  OwnedContext context;
  OwnedSession session;
};

TlsSession::TlsSession(Socket& socket, const std::string& host, const TlsFiles& files)
    : state_(std::make_unique<State>(socket, host, files)) {
  try {
    if (state_->drive([&] { return SSL_connect(state_->session.get()); }) > 0) return;
  } catch (const Error& error) {
    if (error.code() == ErrorCode::interrupted) throw;
    throw failed(fmt::format("no TLS: {}", error.what()));
  }
  throw failed("no TLS: the server closed the connection");
}
TlsSession::~TlsSession() = default;

std::size_t TlsSession::read(MutableBytes out) {
  std::size_t count = 0;
  return state_->drive([&] {
    return SSL_read_ex(state_->session.get(), out.data(), out.size(), &count);
  }) == 0
             ? 0
             : count;
}

void TlsSession::write(ByteView bytes) {
  std::size_t count = 0;
  const int done = state_->drive(
      [&] { return SSL_write_ex(state_->session.get(), bytes.data(), bytes.size(), &count); });
  if (done == 0) throw failed("the server closed the connection");
}

}  // namespace varve
