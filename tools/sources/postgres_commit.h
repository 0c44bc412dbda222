// The COMMIT of a PostgreSQL transaction, with a word on what became of it also where the
// connection breaks at it.
//
// A server that has got the COMMIT does it, whether its client is still there or not. So the
// transaction's number is taken before, and behind a break another connection asks for it.
#pragma once

#include <functional>
#include <string>

#include "store/core/error.h"
#include "tools/sources/postgres_connection.h"

namespace varve {

// The server could not be asked: the transaction is done, or nothing of it. Says how to find out.
class UnclearCommit : public Error {
 public:
  explicit UnclearCommit(const std::string& message) : Error(ErrorCode::failed, message) {}
};

// False where the server's word on a COMMIT did not come: the connection broke, or whoever stands
// between says so. Then it may have been done all the same.
bool is_answered(const Error& error);

using OpenConnection = std::function<PostgresConnection()>;  // to the same server and database

// Returns where it is done: what a person should know of the way, mostly nothing. Throws an
// UnclearCommit, or another Error where nothing of the transaction is done.
std::string commit(PostgresConnection& connection, const OpenConnection& open_another);

}  // namespace varve
