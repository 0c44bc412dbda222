#include "tools/sources/postgres_commit.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <thread>

namespace varve {
namespace {

using namespace std::chrono_literals;

// The server may still be at it: deferred constraints, a standby that is waited for.
constexpr auto kPatience = 10s;
constexpr auto kPause = 100ms;

// SQLSTATEs that say nothing of the COMMIT: the session was ended, the connection broke (poolers
// say so), the statement's completion is unknown.
constexpr std::array<std::string_view, 3> kUnanswered = {"57P", "08", "40003"};

// "committed", "aborted", "in progress"; empty where the server has forgotten it.
std::string status_of(const std::string& transaction, const OpenConnection& open_another) {
  PostgresConnection connection = open_another();
  const auto end = std::chrono::steady_clock::now() + kPatience;
  while (true) {
    std::string status = connection.value(fmt::format("SELECT txid_status({})", transaction));
    if (status != "in progress" || std::chrono::steady_clock::now() > end) return status;
    std::this_thread::sleep_for(kPause);
  }
}

UnclearCommit unclear(const std::string& broken, const std::string& transaction,
                      const std::string& why) {
  return UnclearCommit(fmt::format(
      "{}: at the COMMIT, and whether it was done cannot be found out ({}); in that database "
      "SELECT txid_status({}) says 'committed' (all is done) or 'aborted' (nothing was changed)",
      broken, why, transaction));
}

}  // namespace

bool is_answered(const Error& error) {
  const auto* const answer = dynamic_cast<const PostgresError*>(&error);
  if (answer == nullptr || answer->state().empty()) return false;
  return std::ranges::none_of(
      kUnanswered, [&](std::string_view state) { return answer->state().starts_with(state); });
}

std::string commit(PostgresConnection& connection, const OpenConnection& open_another) {
  const std::string transaction = connection.value("SELECT txid_current()");
  try {
    connection.query("COMMIT");
    return {};
  } catch (const Error& error) {
    if (is_answered(error)) throw;
    std::string status;
    try {
      status = status_of(transaction, open_another);
    } catch (const Error& other) {
      throw unclear(error.what(), transaction, other.what());
    }
    if (status == "aborted") throw;
    if (status == "committed") {
      return fmt::format("{}: at the COMMIT, which the server has done all the same", error.what());
    }
    throw unclear(error.what(), transaction,
                  status.empty() ? "the server has forgotten it" : "it is in progress");
  }
}

}  // namespace varve
