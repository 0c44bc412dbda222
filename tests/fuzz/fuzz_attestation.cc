#include "store/snapshots/packed_text.h"
#include "store/snapshots/proof.h"
#include "store/snapshots/snapshot.h"
#include "store/transform/seal.h"
#include "tests/fuzz/expect.h"
#include "tests/fuzz/mended.h"
#include "tests/fuzz/targets.h"

namespace varve::fuzz {
namespace {

void look_at(ByteView document) {
  answer([&] {
    Snapshot snapshot;
    snapshot.attestations = decode_attestations(document, snapshot.id);
    const Bytes again = encode_attestations(snapshot.id, snapshot.attestations);
    must(encode_attestations(snapshot.id, decode_attestations(again, snapshot.id)) == again,
         "attestations change when they are written");
    snapshot.verified();
    snapshot.sha256_of("file");
  });
}

}  // namespace

// A document about the snapshot of id 0, or the text inside of one.
void attestation(ByteView input) {
  if (as_text(input).starts_with("VARVE")) {
    look_at(with_seal(input));
    return;
  }
  Encoder out;
  out.bytes(as_bytes(kAttestationMagic));
  out.bytes(SnapshotId{}.view());
  encode_packed_text(out, input);
  seal_record(out);
  look_at(out.buffer());
}

}  // namespace varve::fuzz
