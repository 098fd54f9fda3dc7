#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace mirrortune {

/// One name that a published weights file goes or went under.
struct PublishedFile {
  std::string name = {};
  /// The start, or all 64 digits, of its content's sha256 in lower case; empty: not known.
  std::string sha256 = {};
  std::optional<std::uint64_t> bytes = {};  ///< its exact size
  std::optional<double> mib = {};  ///< its size in MiB, rounded to three decimals; not beside `bytes`
  std::string format = {};         ///< "zip" or "legacy"; empty: not known
  /// The start of the sha256 of the file that this one was made from, where its name carries that; else
  /// empty.
  std::string named_after_sha256 = {};

  /// Does the content of this sha256, all 64 digits, belong to this file? False where none is known.
  bool has_content(std::string_view content_sha256) const;
  /// Sizes in bytes, both ends inclusive, that fit what is known.
  std::uint64_t smallest_bytes() const;
  std::uint64_t largest_bytes() const;
};

/// What becomes of an image before a network sees it, as the published accuracy was measured.
struct PublishedInput {
  std::string kind;                       ///< "torchvision" or "ffcv", as data.preprocessing
  int resolution = 0;                     ///< side of the input
  int resize = 0;                         ///< the shorter side before the centre crop; 0: as `kind` does
  std::string interpolation;              ///< "bilinear" or "bicubic"; empty: as `kind` does
  std::array<double, 3> mean{}, sd = {};  ///< of the input, with pixels in [0, 1]
};

/// The published weights of one network.
struct WeightsEntry {
  std::string network;               ///< its name in the registry
  std::string title;                 ///< "IMAGENET1K_V1 of torchvision"
  std::string address;               ///< https; empty: it cannot be downloaded, see `source`
  std::string source;                ///< a sentence: how to come by the file; empty where there is an address
  std::vector<PublishedFile> files;  ///< one or more, the present name first
  std::string licence;               ///< SPDX identifier
  std::string licence_note;
  PublishedInput input;
  std::string head;          ///< module of the classifier; empty: it has none
  std::string strip_prefix;  ///< stands before every tensor's name; empty: nothing does
  std::string state_key;     ///< the state dict lies under this key of the file; empty: it is the file
};

/// Every entry of models/weights.yaml, in its order.
const std::vector<WeightsEntry>& all_weights();

/// The entry of a network; null: none is published.
const WeightsEntry* find_weights(std::string_view network);

/// What a file's content is.
struct RecognisedWeights {
  const WeightsEntry* entry;
  const PublishedFile* file;
  /// The content is not this file's but that of the file it was made from: see named_after_sha256.
  bool is_origin;
};

/// The published file whose content has this sha256, all 64 digits; nothing: none is known.
std::optional<RecognisedWeights> recognise_weights(std::string_view content_sha256);

/// Reads a text like models/weights.yaml. Throws ConfigError listing everything that is wrong with it, each
/// with its place in `origin`.
std::vector<WeightsEntry> parse_weights_catalog(const std::string& text, const std::string& origin);

}  // namespace mirrortune
