#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

namespace mirrortune {

/// `ffcv`: square centre crop of side ⌊crop_ratio·min(h, w)⌋, resized by area averaging, as published.
/// `torchvision`: shorter side to ⌊resolution/crop_ratio⌋ with antialiased bilinear, centre crop of
/// `resolution`.
enum class Preprocessing { ffcv, torchvision };

/// `crop_flip`: random crop after padding by an eighth, and horizontal flip; for pretraining only.
enum class Augment { none, crop_flip };

/// How a view of an image is cut from its square: all of it, as published, or a random part of 0.2 to 1 of
/// its area and an aspect of 3/4 to 4/3, brought to the square's size.
enum class ViewCrop { center, random_resized };
/// How the colours of a view are changed: by FFCV-SSL's formulas, as published, or by torchvision's.
enum class ColorJitter { published, standard };

/// The two views of an image that an encoder is trained on.
struct ViewOptions {
  ViewCrop crop = ViewCrop::center;
  ColorJitter jitter = ColorJitter::published;
};

/// Which images a trial trains on.
struct SubsetOptions {
  double exponent = 0.5;   ///< N = ⌊D^exponent⌋, D = weights of all Conv2d and Linear layers; in (0, 1]
  bool per_seed = true;    ///< false: one subset for all seeds and the search, as published
  std::int64_t count = 0;  ///< N itself if > 0
};

/// What a configuration's `data:` says.
struct DataOptions {
  /// Folder of images, ImageFolder, cache written by `data pack`, or a file of IDX images (MNIST's format).
  std::filesystem::path root = {};
  /// A label file, or `auto`: found by its name in `root`; of IDX images: beside them.
  std::string labels = "auto";
  /// MD5 of the IDX files as they are on disk, images then labels; empty: not looked at.
  std::vector<std::string> md5 = {};
  std::filesystem::path class_order = {};  ///< file with one class per line; empty: see class_order.h
  int resolution = 224;                    ///< side of the square network input, 1 … 4096
  Preprocessing preprocessing = Preprocessing::ffcv;
  double crop_ratio = 0.875;  ///< in (0, 1]
  Augment augment = Augment::none;
  ViewOptions views = {};    ///< of encoders, see train/views.h
  std::int64_t holdout = 0;  ///< images outside every subset, for the accuracy after training
  SubsetOptions subset = {};
};

}  // namespace mirrortune
