// One connection to the SQLite catalog, with its prepared statements and what it knows of the
// packs. Used by one thread at a time (see connection_pool.h), and not across fork().
//
// SQLite's locks are POSIX record locks: a process that opens and closes the catalog's file on
// its own while it has a connection loses them. So nobody does; stat(2) is harmless.
#pragma once

#include <memory>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "store/catalog/catalog.h"
#include "store/catalog/statement.h"

namespace varve {

// The packs by their number, as they were at one moment.
class PackTable {
 public:
  struct Entry {
    std::uint64_t number = 0;
    PackRow row;
  };

  void clear() noexcept { entries_.clear(); }
  void add(Entry entry) { entries_.push_back(entry); }       // numbers grow
  const PackRow* find(std::uint64_t number) const noexcept;  // nullptr: unknown
  const std::vector<Entry>& entries() const noexcept { return entries_; }

 private:
  std::vector<Entry> entries_;  // by number
};

class Connection {
 public:
  // normal: beside others. alone: keeps all others out, for a disk without room for what sharing
  // takes; one that finds somebody else in there waits some seconds, and then it is a no_space
  // Error. Two of one process would wait for each other. Close it soon.
  // unchanging: for reading, a file that nobody changes and that has no journal.
  enum class Sharing { normal, alone, unchanging };
  // Opens an existing catalog: not_found where there is none, corrupt where the file is none,
  // failed where a newer varve wrote it, no_space where there is no room to share it.
  Connection(const Path& file, Sharing sharing);
  // Makes an empty catalog of a file that exists and is empty.
  static void make_tables(const Path& file);

  // The statement of this text, prepared once. `sql` is a constant.
  Statement& statement(std::string_view sql);
  void execute(const char* sql);
  std::int64_t ask(const char* sql);           // a single number
  std::int64_t changed_rows() const noexcept;  // by the last INSERT, UPDATE or DELETE

  // The packs as of the transaction (or the running query) that this connection is in.
  // Valid until the next call.
  const PackTable& packs();
  // After a change that may be rolled back: the packs are read again.
  void forget_packs() noexcept { packs_version_ = kNoVersion; }

  // After a transaction: folds a journal of more than that into the file, as far as readers let it.
  static constexpr std::uint64_t kLongestJournal = 1u << 20;
  void shrink_journal(std::uint64_t longest) noexcept;

  bool in_transaction() const noexcept;
  bool is_alone() const noexcept { return sharing_ == Sharing::alone; }
  const Path& file() const noexcept { return file_; }

 private:
  struct Closer {
    void operator()(sqlite3* database) const noexcept { sqlite3_close(database); }
  };
  void open();
  void open_alone();
  void prove_it_is_a_catalog();

  static constexpr std::uint64_t kNoVersion = ~std::uint64_t{0};

  const Path file_;
  const Sharing sharing_;
  std::unique_ptr<sqlite3, Closer> database_;
  std::unordered_map<std::string_view, std::unique_ptr<Statement>> statements_;
  PackTable packs_;
  std::uint64_t packs_version_ = kNoVersion;
};

// A transaction on one connection; rolled back where it ends without commit(). A write
// transaction excludes all others from its beginning.
class Transaction {
 public:
  enum class Kind { read, write };
  Transaction(Connection& connection, Kind kind);
  ~Transaction();
  Transaction(const Transaction&) = delete;
  Transaction& operator=(const Transaction&) = delete;
  void commit();

 private:
  Connection& connection_;
  const Kind kind_;
  bool is_over_ = false;
};

}  // namespace varve
