// Systematic Reed-Solomon over GF(2^8): parity rows from data rows, and lost rows from what is
// left. Any `data` of the rows give back all the others (a Cauchy matrix: every square part of it
// can be inverted). The arithmetic is ISA-L's.
//
// Pure, thread-safe.
#pragma once

#include <vector>

#include "store/core/bytes.h"

namespace varve {

class ErasureCode {
 public:
  // `data` + `parity` is at most 255, and neither is 0.
  ErasureCode(unsigned data, unsigned parity);

  unsigned data_rows() const noexcept { return data_; }
  unsigned parity_rows() const noexcept { return parity_; }

  // All rows are of one length. `parity`: where the parity rows go.
  void encode(const std::vector<ByteView>& data, const std::vector<MutableBytes>& parity) const;

  // `rows`: all of them, the data's first; an empty view is a row that is lost. `lost`: the data
  // rows among those, in ascending order, and where each goes. False: too few are left.
  struct LostRow {
    unsigned row = 0;
    MutableBytes bytes;
  };
  bool recover(const std::vector<ByteView>& rows, const std::vector<LostRow>& lost) const;

 private:
  const unsigned data_;
  const unsigned parity_;
  std::vector<unsigned char> matrix_;  // of the identity's rows, and the parity's
  std::vector<unsigned char> tables_;  // ISA-L's, for the parity's
};

}  // namespace varve
