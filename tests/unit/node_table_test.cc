#include "fs/node_table.h"

#include <gtest/gtest.h>

#include "store/core/error.h"

namespace varve {
namespace {

Node node_of(std::uint32_t entry, std::uint64_t inode) {
  Node node;
  node.kind = NodeKind::entry;
  node.entry = entry;
  node.inode = inode;
  return node;
}

TEST(NodeTable, CountsReferences) {
  NodeTable table{Node{}};
  EXPECT_EQ(table.remember(node_of(1, 77)), 77U);
  EXPECT_EQ(table.remember(node_of(1, 77)), 77U);
  table.forget(77, 1);
  EXPECT_EQ(table.find(77).entry, 1U);
  table.forget(77, 1);
  EXPECT_THROW(table.find(77), Error);
  EXPECT_EQ(table.size(), 1U);
}

TEST(NodeTable, GivesTheNextNumberWhereAnotherThingHasIt) {
  NodeTable table{Node{}};
  EXPECT_EQ(table.remember(node_of(1, 77)), 77U);
  EXPECT_EQ(table.remember(node_of(2, 77)), 78U);
  EXPECT_EQ(table.remember(node_of(2, 77)), 78U);
  EXPECT_EQ(table.find(78).entry, 2U);
}

TEST(NodeTable, NeverForgetsTheRoot) {
  NodeTable table{Node{}};
  table.forget(kRootInode, 1000);
  EXPECT_EQ(table.find(kRootInode).kind, NodeKind::root);
}

}  // namespace
}  // namespace varve
