#include "tools/sources/row_counts.h"

#include <gtest/gtest.h>

namespace varve {
namespace {

Attestation proof(bool passed, const RowCounts& rows) {
  Attestation made;
  made.source = "www";
  made.passed = passed;
  made.row_counts = rows;
  return made;
}

// Of a folder with databases in it.
class RecordedRows : public testing::Test {
 protected:
  void SetUp() override {
    snapshot_.sources.resize(1);
    snapshot_.sources[0].name = "www";
    snapshot_.sources[0].kind = "files";
    database_.path = "www/a.db";
  }
  Snapshot snapshot_;
  FileEntry database_;
};

TEST_F(RecordedRows, OnlyWhatPassedHasRecordedThem) {
  snapshot_.attestations = {proof(true, {{"www/a.db:t", 1}}), proof(false, {{"www/a.db:t", 2}}),
                            proof(true, {})};
  EXPECT_EQ(recorded_rows(snapshot_, 0), (RowCounts{{"www/a.db:t", 1}}));
}

TEST_F(RecordedRows, WhatTheSourceCountedComesFirst) {
  snapshot_.sources[0].row_counts = {{"public.t", 3}};
  snapshot_.attestations = {proof(true, {{"public.t", 4}})};
  EXPECT_EQ(recorded_rows(snapshot_, 0), (RowCounts{{"public.t", 3}}));
}

TEST_F(RecordedRows, AFolderHasThoseOfEachDatabase) {
  snapshot_.attestations = {
      proof(true, {{"www/a.db-2:t", 1}, {"www/a.db:t", 2}, {"www/b.db:t", 3}})};
  EXPECT_EQ(recorded_rows(snapshot_, database_), (RowCounts{{"t", 2}}));
}

TEST_F(RecordedRows, ADatabaseOfItsOwnHasAll) {
  snapshot_.sources[0].kind = "sqlite";
  snapshot_.attestations = {proof(true, {{"t", 2}, {"u", 3}})};
  EXPECT_EQ(recorded_rows(snapshot_, database_), (RowCounts{{"t", 2}, {"u", 3}}));
}

TEST(CompareRows, NamesEachTableThatDiffers) {
  const RowCounts recorded = {{"a", 1}, {"b", 2}, {"c", 3}};
  const RowCounts counted = {{"a", 1}, {"b", 4}, {"d", 5}};
  EXPECT_EQ(compare_rows(recorded, counted),
            (std::vector<std::string>{"b has 4 rows, and had 2 when they were recorded",
                                      "c is missing, and had 3 rows when they were recorded"}));
}

}  // namespace
}  // namespace varve
