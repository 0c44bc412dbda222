#include "tests/bench/workload/shop.h"

#include <stdexcept>
#include <tuple>

#include "tests/bench/workload/random.h"
#include "tests/bench/workload/sqlite.h"
#include "tests/bench/workload/text.h"

namespace varve::bench {
namespace {

constexpr std::int64_t kPageBytes = 4096;
constexpr std::int64_t kCreationTime = 1735689600;    // 2025-01-01T00:00:00Z
constexpr std::int64_t kFirstStateTime = 1767225600;  // 2026-01-01T00:00:00Z
constexpr std::int64_t kHour = 3600;

constexpr auto kTables = R"(
  CREATE TABLE customers(id INTEGER PRIMARY KEY, name TEXT, email TEXT, city TEXT, balance INTEGER,
                         last_seen INTEGER, note TEXT);
  CREATE TABLE orders(id INTEGER PRIMARY KEY, customer_id INTEGER, placed INTEGER, updated INTEGER,
                      status TEXT, total INTEGER, address TEXT);
  CREATE TABLE items(id INTEGER PRIMARY KEY, order_id INTEGER, sku TEXT, quantity INTEGER, price INTEGER);
  CREATE TABLE events(id INTEGER PRIMARY KEY, customer_id INTEGER, at INTEGER, kind TEXT, body TEXT);
)";

constexpr auto kIndexes = R"(
  CREATE UNIQUE INDEX customers_email ON customers(email);
  CREATE INDEX orders_customer ON orders(customer_id, placed);
  CREATE INDEX items_order ON items(order_id);
  CREATE INDEX items_sku ON items(sku);
  CREATE INDEX events_customer ON events(customer_id, at);
  CREATE INDEX events_kind ON events(kind, at);
)";

// The part of the finished file that the tables have before the indexes are made.
constexpr double kTablesShare = 0.81;

// Adds rows at the end of the tables, as time goes on.
class Growth {
 public:
  Growth(Database& database, Random& random)
      : random_(random),
        customers_(database.number("SELECT max(id) FROM customers")),
        orders_(database.number("SELECT max(id) FROM orders")),
        add_customer_(database, "INSERT INTO customers VALUES(NULL, ?, ?, ?, ?, ?, ?)"),
        add_order_(database, "INSERT INTO orders VALUES(NULL, ?, ?, ?, ?, ?, ?)"),
        add_item_(database, "INSERT INTO items VALUES(NULL, ?, ?, ?, ?)"),
        add_event_(database, "INSERT INTO events VALUES(NULL, ?, ?, ?, ?)") {}

  // One order with its items and the visits around it; at times by a new customer.
  void visit(std::int64_t now) {
    const bool is_new = customers_ == 0 || random_.below(4) == 0;
    if (is_new) customer(now);
    const std::int64_t who = is_new ? customers_ : random_.between(1, customers_);
    order(who, now);
    for (std::int64_t left = random_.between(1, 5); left > 0; --left) item();
    for (std::int64_t left = random_.between(2, 8); left > 0; --left)
      event(who, now - random_.below(kHour));
  }

 private:
  void customer(std::int64_t now) {
    ++customers_;
    add_customer_.run(std::tuple{text::person(random_), text::email(random_, customers_),
                                 text::city(random_), random_.below(100000), now,
                                 text::note(random_)});
  }

  void order(std::int64_t who, std::int64_t now) {
    ++orders_;
    add_order_.run(std::tuple{who, now, now, text::order_status(random_),
                              random_.between(500, 90000), text::street_address(random_)});
  }

  void item() {
    add_item_.run(std::tuple{orders_, text::sku(random_), random_.between(1, 9),
                             random_.between(100, 20000)});
  }

  void event(std::int64_t who, std::int64_t at) {
    add_event_.run(std::tuple{who, at, text::event_kind(random_), text::event_body(random_)});
  }

  Random& random_;
  std::int64_t customers_;
  std::int64_t orders_;
  Statement add_customer_;
  Statement add_order_;
  Statement add_item_;
  Statement add_event_;
};

// Changes and deletes single rows anywhere in the key space.
class Change {
 public:
  Change(Database& database, Random& random)
      : random_(random),
        customers_(database.number("SELECT max(id) FROM customers")),
        orders_(database.number("SELECT max(id) FROM orders")),
        items_(database.number("SELECT max(id) FROM items")),
        events_(database.number("SELECT max(id) FROM events")),
        set_customer_(database, "UPDATE customers SET balance = ?2, last_seen = ?3 WHERE id = ?1"),
        set_note_(database, "UPDATE customers SET note = ?2 WHERE id = ?1"),
        set_order_(database, "UPDATE orders SET status = ?2, updated = ?3 WHERE id = ?1"),
        set_item_(database, "UPDATE items SET quantity = ?2, price = ?3 WHERE id = ?1"),
        set_event_(
            database,
            "UPDATE events SET body = json_set(body, '$.status', ?2, '$.ms', ?3) WHERE id = ?1"),
        delete_event_(database, "DELETE FROM events WHERE id = ?1") {}

  // One row, the table chosen about as its share of the pages is.
  void update(std::int64_t now) {
    const std::int64_t dice = random_.below(100);
    if (dice < 4)
      set_customer_.run(std::tuple{random_.between(1, customers_), random_.below(100000), now});
    else if (dice < 6)
      set_note_.run(std::tuple{random_.between(1, customers_), text::note(random_)});
    else if (dice < 18)
      set_order_.run(std::tuple{random_.between(1, orders_), text::order_status(random_), now});
    else if (dice < 30)
      set_item_.run(std::tuple{random_.between(1, items_), random_.between(1, 9),
                               random_.between(100, 20000)});
    else
      set_event_.run(std::tuple{random_.between(1, events_), random_.between(200, 599),
                                3 + random_.skewed_below(1800)});
  }

  void remove() { delete_event_.run(std::tuple{random_.between(1, events_)}); }

 private:
  Random& random_;
  std::int64_t customers_;
  std::int64_t orders_;
  std::int64_t items_;
  std::int64_t events_;
  Statement set_customer_;
  Statement set_note_;
  Statement set_order_;
  Statement set_item_;
  Statement set_event_;
  Statement delete_event_;
};

void load_rows(Database& database, Random& random, std::int64_t pages) {
  Growth growth(database, random);
  Statement page_count(database, "PRAGMA page_count");
  for (std::int64_t now = kCreationTime; page_count.number() < pages; now += 20) {
    for (int batch = 0; batch < 100; ++batch) growth.visit(now);
  }
}

}  // namespace

void create_shop(const std::string& path, std::int64_t mebibytes, std::uint64_t seed) {
  Database database(path, Database::Mode::create);
  if (database.number("SELECT count(*) FROM sqlite_schema") != 0)
    throw std::runtime_error(path + ": exists already");
  database.execute(
      "PRAGMA page_size = 4096; PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF; PRAGMA "
      "cache_size = -131072");
  database.execute("BEGIN");
  database.execute(kTables);
  Random random(seed, 0);
  const auto pages = static_cast<double>(mebibytes * (1024 * 1024 / kPageBytes));
  load_rows(database, random, static_cast<std::int64_t>(pages * kTablesShare));
  database.execute(kIndexes);
  database.execute("COMMIT");
  database.execute("PRAGMA journal_mode = WAL");
  database.close();
}

void advance_shop(const std::string& path, double percent, std::uint64_t state,
                  std::uint64_t seed) {
  Database database(path, Database::Mode::existing);
  database.execute("PRAGMA synchronous = OFF; PRAGMA cache_size = -131072");
  const auto pages = static_cast<double>(database.number("PRAGMA page_count"));
  Random random(seed, state);
  const std::int64_t now = kFirstStateTime + static_cast<std::int64_t>(state) * kHour;
  // Of 100 operations 97 change one page each, two delete a row (three pages: the table and two
  // indexes), one is a visit whose index entries fall on pages all over the file.
  constexpr double kPagesPerOperation = 1.2;
  const auto operations = static_cast<std::int64_t>(pages * percent / 100.0 / kPagesPerOperation);
  database.execute("BEGIN");
  {
    Change change(database, random);
    Growth growth(database, random);
    for (std::int64_t done = 0; done < operations; ++done) {
      const std::int64_t dice = random.below(100);
      if (dice < 1)
        growth.visit(now);
      else if (dice < 3)
        change.remove();
      else
        change.update(now);
    }
  }
  database.execute("COMMIT; PRAGMA wal_checkpoint(TRUNCATE)");
  database.close();
}

}  // namespace varve::bench
