#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "dataset/options.h"

namespace mirrortune {

/// One image of a data set.
struct ImageEntry {
  std::string path;        ///< relative to the index's root, with '/'; of an IDX image its row: "00017"
  std::int64_t label = 0;  ///< index of its class
  /// Of the image file's bytes, of an IDX image's own bytes; empty where the file must be read to know it.
  std::string sha256;
};

/// Values of ImageIndex::layout.
inline constexpr const char* kLayoutLabelFile = "label_file";      ///< flat folder and a file of labels
inline constexpr const char* kLayoutImageFolder = "image_folder";  ///< `<class>/<image>`
inline constexpr const char* kLayoutCache = "cache";               ///< written by `data pack`
inline constexpr const char* kLayoutIdx = "idx";                   ///< one file of IDX images

/// The pixels of an IDX file: [images, height, width].
struct GreyImages {
  int height = 0;
  int width = 0;
  std::vector<std::uint8_t> values;
};

/// The images of `data.root` with their labels, sorted by path (bytewise); no image file is decoded yet.
struct ImageIndex {
  std::filesystem::path root;
  std::string layout;
  std::vector<std::string> classes;  ///< names in the order of the network's outputs
  std::vector<ImageEntry> images;
  std::int64_t ignored =
      0;  ///< files in the folder that are no images, or images without a label; not hidden ones
  std::shared_ptr<const GreyImages> grey = {};  ///< of kLayoutIdx: read once, with the index; else none
};

/// Finds and labels the images of `data.root` for a network with `num_classes` outputs (0: no network, as
/// many as the folder has).
///
/// A cache is known by its preprocessing.json. Else a label file: `data.labels`, or `auto`:
/// val_annotations.txt, labels.csv or ILSVRC2012_validation_ground_truth.txt in the root (two of them are an
/// error); its images are looked for in the root, then in root/images. The ground truth's numbers need a CSV
/// file with the header `id,wnid` beside it or in the root. Else an ImageFolder: each sub-folder is a class,
/// its images lie anywhere under it. Hidden files are left out, files without an image's extension are
/// counted in `ignored`.
///
/// A regular file is an IDX file of images (see detail/idx_file.h), known by its content. Its labels are
/// `data.labels`, or `auto`: the file beside it whose name has `labels` for `images` and `idx1` for `idx3`,
/// packed by gzip or not. Where `data.md5` is given, the two files must have these MD5s.
///
/// Labels are indices if all are whole numbers, else class names in the order of class_order.h.
///
/// Throws MissingError (no such folder, no `id,wnid` file, no labels of IDX images) and DataError: no layout
/// fits, labels and network do not match, empty class folder, a labelled image is missing, a file is listed
/// twice, the folder holds a FIFO, socket or device, which is never opened, an IDX file is corrupt or not as
/// `data.md5` says, or `data.md5` is given for anything else.
ImageIndex index_images(const DataOptions& data, std::int64_t num_classes);

}  // namespace mirrortune
