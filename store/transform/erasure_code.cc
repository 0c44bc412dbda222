#include "store/transform/erasure_code.h"

#include <isa-l/erasure_code.h>

#include <algorithm>

namespace varve {
namespace {

constexpr std::size_t kTableSize = 32;  // bytes of ISA-L's for one coefficient

// ISA-L takes what it only reads as if it wrote there.
unsigned char* readable(ByteView bytes) {
  return const_cast<unsigned char*>(  // NOLINT(cppcoreguidelines-pro-type-const-cast)
      reinterpret_cast<const unsigned char*>(bytes.data()));
}

unsigned char* writable(MutableBytes bytes) {
  return reinterpret_cast<unsigned char*>(bytes.data());
}

std::vector<unsigned char> tables_of(unsigned inputs, unsigned outputs,
                                     std::vector<unsigned char>& coefficients) {
  std::vector<unsigned char> tables(kTableSize * inputs * outputs);
  ec_init_tables(static_cast<int>(inputs), static_cast<int>(outputs), coefficients.data(),
                 tables.data());
  return tables;
}

void multiply(std::vector<unsigned char> tables, const std::vector<ByteView>& in,
              const std::vector<MutableBytes>& out) {
  std::vector<unsigned char*> from;
  std::vector<unsigned char*> to;
  std::transform(in.begin(), in.end(), std::back_inserter(from), readable);
  std::transform(out.begin(), out.end(), std::back_inserter(to), writable);
  ec_encode_data(static_cast<int>(in.front().size()), static_cast<int>(from.size()),
                 static_cast<int>(to.size()), tables.data(), from.data(), to.data());
}

}  // namespace

ErasureCode::ErasureCode(unsigned data, unsigned parity)
    : data_(data), parity_(parity), matrix_(std::size_t{data + parity} * data) {
  gf_gen_cauchy1_matrix(matrix_.data(), static_cast<int>(data + parity), static_cast<int>(data));
  std::vector<unsigned char> coefficients(matrix_.begin() + std::ptrdiff_t{data} * data,
                                          matrix_.end());
  tables_ = tables_of(data, parity, coefficients);
}

void ErasureCode::encode(const std::vector<ByteView>& data,
                         const std::vector<MutableBytes>& parity) const {
  if (!data.front().empty()) multiply(tables_, data, parity);
}

bool ErasureCode::recover(const std::vector<ByteView>& rows,
                          const std::vector<LostRow>& lost) const {
  std::vector<ByteView> left;            // as many as there are data rows
  std::vector<unsigned char> made_them;  // the matrix that makes these of the data
  for (std::size_t row = 0; row < rows.size() && left.size() < data_; ++row) {
    if (rows[row].empty()) continue;
    left.push_back(rows[row]);
    const auto coefficients = matrix_.begin() + static_cast<std::ptrdiff_t>(row * data_);
    made_them.insert(made_them.end(), coefficients, coefficients + data_);
  }
  if (left.size() < data_) return false;
  if (lost.empty()) return true;
  std::vector<unsigned char> inverse(made_them.size());
  if (gf_invert_matrix(made_them.data(), inverse.data(), static_cast<int>(data_)) != 0) {
    return false;  // no part of a Cauchy matrix
  }
  std::vector<unsigned char> coefficients;
  std::vector<MutableBytes> out;
  for (const LostRow& one : lost) {
    const auto begin = inverse.begin() + std::ptrdiff_t{one.row} * data_;
    coefficients.insert(coefficients.end(), begin, begin + data_);
    out.push_back(one.bytes);
  }
  const auto outputs = static_cast<unsigned>(lost.size());
  multiply(tables_of(data_, outputs, coefficients), left, out);
  return true;
}

}  // namespace varve
