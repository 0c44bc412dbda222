// The words of the workload: text as a small shop's database holds it, which zstd -3 compresses to
// about a third together with its rows and indexes.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "tests/bench/workload/random.h"

namespace varve::bench::text {

std::string person(Random& random);
// The number makes it unique, as customers' addresses are.
std::string email(Random& random, std::int64_t number);
std::string street_address(Random& random);
std::string_view city(Random& random);
std::string_view order_status(Random& random);
std::string_view event_kind(Random& random);
std::string sku(Random& random);
// Some words of prose, as a member of staff notes them.
std::string note(Random& random);
// What a web server says about one request, as JSON.
std::string event_body(Random& random);

}  // namespace varve::bench::text
