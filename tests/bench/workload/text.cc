#include "tests/bench/workload/text.h"

#include <array>
#include <cstdio>

namespace varve::bench::text {
namespace {

using Words = std::span<const std::string_view>;

constexpr std::array<std::string_view, 32> kGivenNames{
    "Anna", "Bruno", "Clara", "David", "Elena",  "Felix",  "Greta", "Henrik",
    "Ines", "Jonas", "Karin", "Lukas", "Marta",  "Nils",   "Olga",  "Pavel",
    "Rosa", "Simon", "Tessa", "Ulf",   "Vera",   "Wim",    "Yara",  "Zoe",
    "Amir", "Bella", "Carlo", "Dunja", "Emilio", "Fatima", "Goran", "Hanna"};

constexpr std::array<std::string_view, 32> kFamilyNames{
    "Andersen", "Becker", "Costa",   "Dubois",  "Eriksson", "Fischer", "Garcia",   "Hansen",
    "Ivanov",   "Jansen", "Keller",  "Larsson", "Moreau",   "Novak",   "Olsen",    "Petrov",
    "Quist",    "Rossi",  "Schmidt", "Tanaka",  "Ueda",     "Visser",  "Weber",    "Xu",
    "Yilmaz",   "Zeman",  "Almeida", "Bauer",   "Conti",    "Dvorak",  "Esposito", "Fontana"};

constexpr std::array<std::string_view, 24> kCities{
    "Hamburg", "Lyon",   "Porto",  "Utrecht", "Gothenburg", "Krakow",  "Brno",   "Turin",
    "Bilbao",  "Aarhus", "Bergen", "Tampere", "Graz",       "Basel",   "Ghent",  "Leeds",
    "Cork",    "Split",  "Sofia",  "Tartu",   "Riga",       "Vilnius", "Larisa", "Izmir"};

constexpr std::array<std::string_view, 16> kStreets{
    "Mill Lane",  "Station Road",  "Harbour Street", "Church Square",
    "Garden Way", "Long Row",      "Market Hill",    "School Street",
    "River Walk", "North Gate",    "Lime Avenue",    "Castle Court",
    "Bridge End", "Orchard Close", "Meadow Path",    "Old Quay"};

constexpr std::array<std::string_view, 6> kStatuses{"delivered", "shipped",  "paid",
                                                    "packed",    "returned", "cancelled"};

constexpr std::array<std::string_view, 8> kKinds{"page_view", "search", "add_to_cart", "login",
                                                 "checkout",  "logout", "payment",     "support"};

constexpr std::array<std::string_view, 10> kSections{"garden",  "kitchen", "lighting", "textiles",
                                                     "storage", "tools",   "outdoor",  "office",
                                                     "nursery", "sale"};

constexpr std::array<std::string_view, 64> kWords{
    "the",     "customer", "asked",   "for",     "a",        "parcel",   "that",     "arrived",
    "late",    "and",      "was",     "opened",  "before",   "delivery", "please",   "send",
    "new",     "invoice",  "with",    "correct", "address",  "refund",   "card",     "second",
    "order",   "missing",  "screws",  "lamp",    "shelf",    "broken",   "glass",    "table",
    "chair",   "wooden",   "basket",  "blanket", "rope",     "ladder",   "copper",   "kettle",
    "ceramic", "bowl",     "linen",   "curtain", "folding",  "bench",    "oak",      "walnut",
    "steel",   "bracket",  "painted", "green",   "small",    "large",    "returned", "by",
    "post",    "called",   "again",   "about",   "warranty", "replaced", "promised", "friday"};

constexpr std::array<std::string_view, 12> kAgents{
    "ShopApp/4.12.1 (Android 14; sdk 34)",
    "ShopApp/4.12.0 (iOS 18.5; iPhone15,2)",
    "ShopApp/4.11.7 (Android 13; sdk 33)",
    "Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0",
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) "
    "Chrome/139.0.0.0 Safari/537.36",
    "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) "
    "Version/18.5 Safari/605.1.15",
    "Mozilla/5.0 (iPhone; CPU iPhone OS 18_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like "
    "Gecko) Mobile/15E148",
    "Mozilla/5.0 (Linux; Android 15; Pixel 9) AppleWebKit/537.36 (KHTML, like Gecko) "
    "Chrome/139.0.0.0 Mobile Safari/537.36",
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:141.0) Gecko/20100101 Firefox/141.0",
    "Mozilla/5.0 (compatible; bingbot/2.0; +http://www.bing.com/bingbot.htm)",
    "curl/7.88.1",
    "python-requests/2.32.4"};

constexpr std::array<std::int64_t, 6> kHttpCodes{200, 200, 304, 302, 404, 500};

std::string_view pick(Random& random, Words from) { return random.pick(from); }

// A chain of << draws its random values from left to right; arguments of a function would be
// evaluated in an order that each compiler chooses.
std::string& operator<<(std::string& out, std::string_view more) { return out.append(more); }
std::string& operator<<(std::string& out, std::int64_t more) {
  return out.append(std::to_string(more));
}

void append_hex(std::string& out, std::uint64_t value) {
  std::array<char, 17> digits{};
  std::snprintf(digits.data(), digits.size(), "%016llx", static_cast<unsigned long long>(value));
  out << digits.data();
}

}  // namespace

std::string person(Random& random) {
  std::string out;
  out << pick(random, kGivenNames) << " " << pick(random, kFamilyNames);
  return out;
}

std::string email(Random& random, std::int64_t number) {
  std::string out;
  out << pick(random, kWords) << "." << pick(random, kWords) << number << "@example.org";
  return out;
}

std::string street_address(Random& random) {
  std::string out;
  out << random.between(1, 240) << " " << pick(random, kStreets) << ", "
      << random.between(10000, 99999) << " " << city(random);
  return out;
}

std::string_view city(Random& random) { return pick(random, kCities); }
std::string_view order_status(Random& random) { return pick(random, kStatuses); }
std::string_view event_kind(Random& random) { return pick(random, kKinds); }

std::string sku(Random& random) {
  std::string out;
  out << pick(random, kSections) << "-" << 10000 + random.skewed_below(20000);
  return out;
}

std::string note(Random& random) {
  std::string out;
  for (std::int64_t left = random.between(6, 18); left > 0; --left) {
    if (!out.empty()) out << " ";
    out << pick(random, kWords);
  }
  return out;
}

std::string event_body(Random& random) {
  std::string out;
  out << R"({"ip":")" << random.between(2, 217) << "." << random.below(256) << "."
      << random.below(256) << "." << random.below(256);
  out << R"(","agent":")" << pick(random, kAgents);
  out << R"(","path":"/)" << pick(random, kSections) << "/" << pick(random, kWords) << "-"
      << pick(random, kWords);
  out << R"(","session":")";
  append_hex(out, random.next());
  append_hex(out, random.next());
  out << R"(","status":)" << random.pick(std::span(kHttpCodes)) << R"(,"ms":)"
      << 3 + random.skewed_below(1800) << "}";
  return out;
}

}  // namespace varve::bench::text
