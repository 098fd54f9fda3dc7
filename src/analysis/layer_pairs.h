#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "analysis/options.h"
#include "weights/weights_file.h"

namespace mirrortune {

/// Which tensors of two files are compared.
struct LayerChoice {
  std::string pattern = "*";  ///< shell pattern of names
  HeadRule head = HeadRule::exclude;
  std::string head_name =
      {};  ///< modules of the head, separated by commas, if the files' metadata do not say it
};

/// A tensor that both files hold in one shape.
struct LayerPair {
  std::string name;
  const TensorInfo* initial;
  const TensorInfo* final_weights;
  std::int64_t elements;
};

/// The module that a tensor belongs to: its name without `.weight`.
std::string module_of(const std::string& tensor);

/// Two weights files and the tensors of them that are compared, in the order of the first file.
class LayerPairs {
 public:
  /// Throws as WeightsFile::open, and WeightsError if there is nothing to compare.
  LayerPairs(const std::filesystem::path& init, const std::filesystem::path& final_weights,
             const LayerChoice& choice);

  const std::vector<LayerPair>& layers() const { return layers_; }
  /// Sentences about the tensors that are left out.
  const std::vector<std::string>& notes() const { return notes_; }
  /// Elements [begin, begin + out.size()) of both; thread-safe.
  void read(const LayerPair& layer, std::int64_t begin, std::span<double> initial,
            std::span<double> final_weights) const;
  /// The same of weights in 16 bits, as they are stored.
  void read(const LayerPair& layer, std::int64_t begin, std::span<std::uint16_t> initial,
            std::span<std::uint16_t> final_weights) const;

 private:
  void choose(const LayerChoice& choice);
  void leave_out_head(const LayerChoice& choice);

  std::unique_ptr<WeightsFile> initial_;
  std::unique_ptr<WeightsFile> final_;
  std::vector<LayerPair> layers_;
  std::vector<std::string> notes_;
};

}  // namespace mirrortune
