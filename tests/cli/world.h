#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include "base/json.h"
#include "support/paths.h"

#include "process.h"

namespace mirrortune::test {

/// A folder with all that a small run needs: 16 images of two classes, and a configuration for them. It can
/// be read by everybody.
class World {
 public:
  World();

  const std::filesystem::path& path() const { return folder_.path(); }
  std::filesystem::path operator/(const std::string& name) const { return folder_ / name; }
  std::filesystem::path run_folder() const { return folder_ / "runs" / "tiny"; }

  void write(const std::string& name, const std::string& bytes) const;
  std::string read(const std::string& name) const;
  /// `run -c exp.yaml` with these further arguments, in this folder.
  Start run_command(std::vector<std::string> arguments = {}) const;
  /// Anything else, in this folder.
  Start command(std::vector<std::string> arguments) const;

 private:
  TemporaryFolder folder_;
};

/// What is wrong with the run directory: temporary files, a trial half there. "" if it is whole, or absent.
std::string broken_parts(const std::filesystem::path& run_folder);

/// stdout as the one JSON document that it must be.
Json document(const Ended& ended);
/// The document of a command that must succeed, begun as every document.
Json succeed(const Start& start);

/// A PNG file of `side` × `side` pixels that holds no pixels.
std::string png_header(std::uint32_t side);

/// State dict of shufflenet_v2_x0_5, written as .safetensors.
struct StateOptions {
  std::int64_t classes = 2;
  bool nan = false;           ///< one weight is NaN
  std::string reshaped = {};  ///< this tensor gets one more element along its first axis
  std::string left_out = {};  ///< this tensor is missing
  std::string added = {};     ///< a further tensor
  double shift = 0;           ///< added to every floating value
};
void write_state(const std::filesystem::path& path, const StateOptions& options = {});

/// float32 vectors by name, as .safetensors.
void write_vectors(const std::filesystem::path& path,
                   const std::map<std::string, std::vector<float>>& vectors);
std::vector<float> read_vector(const std::filesystem::path& path, const std::string& name);

}  // namespace mirrortune::test
