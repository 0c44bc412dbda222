#include "tools/cli/drill_page.h"

#include <gtest/gtest.h>

#include "store/core/error.h"

namespace varve::cli {
namespace {

ProofReport report_of(const std::vector<ProofReport::Line>& lines) {
  ProofReport report;
  report.repository = "/srv/<backup>";
  report.host = "db1";
  report.time = {1795226400};
  report.seconds = 61;
  report.lines = lines;
  return report;
}

ProofReport::Line line(const std::string& source, bool passed) {
  ProofReport::Line made;
  made.snapshot = "2026-11-21T02-00-00Z";
  made.source = source;
  made.kind = "postgresql";
  made.raw_bytes = 2048;
  Attestation proof;
  proof.source = source;
  proof.level = "drill";
  proof.passed = passed;
  proof.restore_seconds = 1.5;
  proof.program = "PostgreSQL 15.14";
  proof.row_counts = {{"public.users", 1200}};
  proof.detail = passed ? "" : "public.users has <b>5</b> rows";
  proof.assertions = {{"SELECT count(*) > 100 FROM users", passed, passed ? "" : "it is false"}};
  made.proof = proof;
  return made;
}

void expect_holds(const std::string& text, const std::string& part) {
  EXPECT_NE(text.find(part), std::string::npos) << "no '" << part << "' in " << text;
}

TEST(DrillPage, SaysThatAllIsProven) {
  const std::string page = drill_page(report_of({line("shop", true), line("crm", true)}));
  expect_holds(page, "All 2 sources are proven");
  expect_holds(page, "class=\"sum good\"");
  expect_holds(page, "1.5 s");
  expect_holds(page, "1,200 rows");
  expect_holds(page, "holds</span> <code>SELECT count(*) &gt; 100 FROM users</code>");
  EXPECT_EQ(page.find("http"), std::string::npos) << "it needs nothing from elsewhere";
}

TEST(DrillPage, EscapesWhateverNamesAndMessagesHold) {
  ProofReport::Line untried = line("<script>alert('x')</script>&\"\n", true);
  untried.proof.reset();
  untried.error = "<img src=x>";
  const std::string page = drill_page(report_of({line("shop", false), untried}));
  expect_holds(page, "/srv/&lt;backup&gt;");
  expect_holds(page, "&lt;script&gt;alert(&#39;x&#39;)&lt;/script&gt;&amp;&quot;");
  expect_holds(page, "&lt;img src=x&gt;");
  expect_holds(page, "public.users has &lt;b&gt;5&lt;/b&gt; rows");
  expect_holds(page, "Of 2 sources, 1 failed, 1 could not be tried");
  EXPECT_EQ(page.find("<script"), std::string::npos);
  EXPECT_EQ(page.find("<img"), std::string::npos);
}

TEST(ProofReport, ItsExitStatusIsThatOfItsWorstLine) {
  EXPECT_EQ(report_of({line("a", true)}).exit_status(), 0);
  ProofReport::Line untried = line("b", true);
  untried.proof.reset();
  EXPECT_EQ(report_of({line("a", true), untried}).exit_status(), 1);
  EXPECT_EQ(report_of({untried, line("a", false)}).exit_status(), kExitWarning);
}

}  // namespace
}  // namespace varve::cli
