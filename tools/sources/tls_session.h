// TLS over a Socket, by OpenSSL: 1.2 or newer, the server's certificate and name verified. There
// is no way to turn that off: name the certificate in `ca_file` instead.
//
// Not thread-safe. The socket must outlive it.
#pragma once

#include <memory>
#include <string>

#include "tools/sources/socket.h"

namespace varve {

struct TlsFiles {
  Path ca_file;      // PEM; empty: whom the system trusts (SSL_CERT_FILE is honoured)
  Path certificate;  // PEM, this side's, with its key; both empty: none
  Path key;
};

class TlsSession {
 public:
  // Shakes hands. Throws a failed Error that says why not, without naming the host.
  TlsSession(Socket& socket, const std::string& host, const TlsFiles& files);
  ~TlsSession();
  TlsSession(const TlsSession&) = delete;
  TlsSession& operator=(const TlsSession&) = delete;

  std::size_t read(MutableBytes out);  // 0: the other side has closed
  void write(ByteView bytes);

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace varve
