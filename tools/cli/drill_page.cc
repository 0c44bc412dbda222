#include "tools/cli/drill_page.h"

#include <fmt/format.h>

#include "store/core/one_line.h"
#include "tools/cli/format.h"

namespace varve::cli {
namespace {

using Result = ProofReport::Result;

constexpr std::size_t kLongest = 4000;  // bytes of one message

constexpr std::string_view kStyle = R"(
:root { color-scheme: light dark; }
body { font: 16px/1.5 system-ui, sans-serif; max-width: 70rem; margin: 2rem auto; padding: 0 1rem; }
h1 { font-size: 1.4rem; margin-bottom: 0; }
.head { color: #777; margin-top: 0; }
.sum { padding: .6rem 1rem; border-radius: .4rem; font-weight: 600; color: #fff; }
.good { background: #1a7f37; } .bad { background: #c0272d; }
table { border-collapse: collapse; width: 100%; margin-top: 1.5rem; }
th, td { text-align: left; vertical-align: top; padding: .4rem .8rem .4rem 0; border-bottom: 1px solid #8884; }
td.n { text-align: right; white-space: nowrap; }
.passed { color: #1a7f37; font-weight: 600; } .failed, .not { color: #c0272d; font-weight: 600; }
.detail { color: #777; font-size: .9rem; overflow-wrap: anywhere; }
code { overflow-wrap: anywhere; }
)";

std::string escaped(std::string_view text) {
  std::string out;
  for (const char letter : one_line(text, kLongest)) {
    switch (letter) {
      case '&':
        out += "&amp;";
        break;
      case '<':
        out += "&lt;";
        break;
      case '>':
        out += "&gt;";
        break;
      case '"':
        out += "&quot;";
        break;
      case '\'':
        out += "&#39;";
        break;
      default:
        out += letter;
    }
  }
  return out;
}

std::string detail_of(const ProofReport::Line& line) {
  if (!line.proof) return escaped(line.error);
  std::string text = escaped(line.proof->detail);
  if (!line.proof->taken_from.empty()) {
    text += fmt::format("{}proven in {}, which has the same content", text.empty() ? "" : "; ",
                        escaped(line.proof->taken_from));
  }
  return text;
}

std::string assertions_of(const ProofReport::Line& line) {
  if (!line.proof) return {};
  std::string text;
  for (const Assertion& assertion : line.proof->assertions) {
    text += fmt::format("<div><span class=\"{}\">{}</span> <code>{}</code></div>",
                        assertion.passed ? "passed" : "failed",
                        assertion.passed ? "holds" : "does not hold", escaped(assertion.sql));
  }
  return text;
}

std::string row_of(const ProofReport::Line& line) {
  const Result result = ProofReport::result_of(line);
  const char* const look = result == Result::passed   ? "passed"
                           : result == Result::failed ? "failed"
                                                      : "not";
  const bool is_restored = line.proof && line.proof->restore_seconds > 0;
  const std::string detail = detail_of(line);
  return fmt::format(
      "<tr><td><strong>{}</strong><div class=\"detail\">{}</div></td><td>{}</td>"
      "<td class=\"{}\">{}</td><td class=\"n\">{}</td><td class=\"n\">{}</td><td "
      "class=\"n\">{}</td>"
      "<td>{}{}{}</td></tr>\n",
      escaped(line.source), escaped(line.kind), escaped(line.snapshot), look, name_of(result),
      is_restored ? format_seconds(line.proof->restore_seconds) : "", format_bytes(line.raw_bytes),
      rows_text(line), line.proof ? escaped(line.proof->program) : "", assertions_of(line),
      detail.empty() ? "" : fmt::format("<div class=\"detail\">{}</div>", detail));
}

std::string capitalised(std::string text) {
  if (!text.empty() && text[0] >= 'a' && text[0] <= 'z') text[0] = static_cast<char>(text[0] - 32);
  return text;
}

}  // namespace

std::string drill_page(const ProofReport& report) {
  std::string rows;
  for (const ProofReport::Line& line : report.lines) rows += row_of(line);
  return fmt::format(
      "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
      "<meta name=\"viewport\" content=\"width=device-width\">\n"
      "<title>Recovery drill of {0}, {1}</title>\n<style>{2}</style>\n</head>\n<body>\n"
      "<h1>Recovery drill</h1>\n<p class=\"head\">{0} on {3}, {1}, in {4}</p>\n"
      "<p class=\"sum {5}\">{6}</p>\n<table>\n<thead><tr><th>Source</th><th>Snapshot</th>"
      "<th>Result</th><th>Restored in</th><th>Size</th><th>Counted</th><th>By</th></tr></thead>\n"
      "<tbody>\n{7}</tbody>\n</table>\n</body>\n</html>\n",
      escaped(report.repository.native()), to_iso(report.time), kStyle, escaped(report.host),
      format_seconds(report.seconds), report.exit_status() == 0 ? "good" : "bad",
      capitalised(report.summary()), rows);
}

}  // namespace varve::cli
