#include <bit>

#include "store/core/encoding.h"
#include "store/core/error.h"
#include "store/snapshots/packed_text.h"
#include "store/snapshots/snapshot.h"
#include "store/transform/seal.h"

namespace varve {
namespace {

// Read, no longer written: without what belongs to drills; and a single one.
constexpr std::string_view kSecondMagic = "VARVEAT2";
constexpr std::string_view kFirstMagic = "VARVEAT1";
constexpr const char* kWhat = "attestation";
constexpr std::size_t kMostItems = 1u << 24;  // more is damage
constexpr std::size_t kMostAttestations = 1u << 20;

void encode_assertions(Encoder& out, const std::vector<Assertion>& assertions) {
  out.varint(assertions.size());
  for (const Assertion& assertion : assertions) {
    out.text(assertion.sql);
    out.u8(assertion.passed ? 1 : 0);
    out.text(assertion.detail);
  }
}

std::vector<Assertion> decode_assertions(Decoder& in) {
  std::vector<Assertion> assertions;
  for (std::size_t left = in.count(kMostItems); left > 0; --left) {
    Assertion& assertion = assertions.emplace_back();
    assertion.sql = in.text();
    assertion.passed = in.u8() != 0;
    assertion.detail = in.text();
  }
  return assertions;
}

void encode_one(Encoder& out, const Attestation& attestation) {
  out.text(attestation.source);
  out.text(attestation.file);
  out.text(attestation.level);
  out.u8(attestation.passed ? 1 : 0);
  out.zigzag(attestation.time.seconds);
  out.u64(std::bit_cast<std::uint64_t>(attestation.seconds));
  out.text(attestation.program);
  out.text(attestation.detail);
  out.varint(attestation.row_counts.size());
  for (const auto& [table, rows] : attestation.row_counts) {
    out.text(table);
    out.varint(rows);
  }
  out.u8(attestation.sha256 ? 1 : 0);
  if (attestation.sha256) out.bytes(attestation.sha256->view());
  out.u64(std::bit_cast<std::uint64_t>(attestation.restore_seconds));
  encode_assertions(out, attestation.assertions);
  out.text(attestation.taken_from);
}

enum class Form { early, present };

Attestation decode_one(Decoder& in, Form form) {
  Attestation attestation;
  attestation.source = in.text();
  attestation.file = in.text();
  attestation.level = in.text();
  attestation.passed = in.u8() != 0;
  attestation.time.seconds = in.zigzag();
  if (!is_in_calendar(attestation.time)) {
    throw corrupt_error(std::string(kWhat), "a moment that no calendar has");
  }
  attestation.seconds = std::bit_cast<double>(in.u64());
  attestation.program = in.text();
  attestation.detail = in.text();
  for (std::size_t left = in.count(kMostItems); left > 0; --left) {
    std::string table = in.text();
    attestation.row_counts[std::move(table)] = in.varint();
  }
  if (in.u8() != 0) attestation.sha256 = Sha256::from(in.bytes(Sha256::size));
  if (form == Form::early) return attestation;
  attestation.restore_seconds = std::bit_cast<double>(in.u64());
  attestation.assertions = decode_assertions(in);
  attestation.taken_from = in.text();
  return attestation;
}

}  // namespace

Bytes encode_attestations(const SnapshotId& id, const std::vector<Attestation>& attestations) {
  Encoder body;
  body.varint(attestations.size());
  for (const Attestation& attestation : attestations) encode_one(body, attestation);
  Encoder out;
  out.bytes(as_bytes(kAttestationMagic));
  out.bytes(id.view());
  encode_packed_text(out, body.buffer());
  seal_record(out);
  return out.take();
}

std::vector<Attestation> decode_attestations(ByteView document, const SnapshotId& id) {
  Decoder in(open_record(document, kWhat), kWhat);
  const std::string_view magic = as_text(in.bytes(kAttestationMagic.size()));
  if (magic != kAttestationMagic && magic != kSecondMagic && magic != kFirstMagic) {
    throw corrupt_error(std::string(kWhat), "no magic, or of a newer format");
  }
  if (SnapshotId::from(in.bytes(SnapshotId::size)) != id) {
    throw corrupt_error(std::string(kWhat), "it is about another snapshot");
  }
  std::vector<Attestation> attestations;
  if (magic == kFirstMagic) {
    attestations.push_back(decode_one(in, Form::early));
    in.finish();
    return attestations;
  }
  const Bytes plain = decode_packed_text(in, kWhat);
  in.finish();
  Decoder body(plain, kWhat);
  const Form form = magic == kAttestationMagic ? Form::present : Form::early;
  for (std::size_t left = body.count(kMostAttestations); left > 0; --left) {
    attestations.push_back(decode_one(body, form));
  }
  body.finish();
  return attestations;
}

}  // namespace varve
