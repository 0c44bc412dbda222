// Which Redis server: what `redis://…` on a command line or in a configuration says.
//
//   redis://[USER@]HOST[:PORT]         TCP; an empty host is localhost, the port 6379
//   rediss://[USER@]HOST[:PORT]        the same inside TLS, the certificate verified
//   redis+unix://[USER@]/PATH          a unix socket
//   redis://[USER@]%2FPATH             a unix socket too: a host that begins with an encoded '/'
//
// followed by ?NAME=VALUE&…, where the values are paths of files:
//   password-file   the password, on the first line
//   cacert          who may have signed the server's certificate; default: whom this system trusts
//   cert, key       this side's certificate, for servers that ask for one
//
// USER and the paths may be percent-encoded. A password in the URI is refused: every user of the
// machine can read it in the process list.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "store/core/file.h"

namespace varve {

struct RedisAddress {
  bool tls = false;
  std::string user;  // empty: the default one
  std::string host;  // empty where `socket` is set
  std::uint16_t port = 6379;
  Path socket;         // absolute
  Path password_file;  // this and the following: empty where not given
  Path ca_file;
  Path certificate;
  Path key;
};

// By its scheme alone.
bool is_redis_uri(std::string_view argument);

// Throws a usage Error, which shows no password, for what is no such URI.
RedisAddress parse_redis_uri(std::string_view uri);

// "redis://backup@cache.example:6379": where the server is, without the files.
std::string to_text(const RedisAddress& address);

// What a source is called that nobody gave a name: the host, or "redis" for this machine, and the
// port where it is not the usual one.
std::string default_redis_name(const RedisAddress& address);

}  // namespace varve
