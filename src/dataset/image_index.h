#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "dataset/options.h"

namespace mirrortune {

/// One image of a data set.
struct ImageEntry {
  std::string path;        ///< relative to the index's root, with '/'
  std::int64_t label = 0;  ///< index of its class
  std::string sha256;      ///< of the image file's bytes if known without reading it (a cache), else empty
};

/// Values of ImageIndex::layout.
inline constexpr const char* kLayoutLabelFile = "label_file";      ///< flat folder and a file of labels
inline constexpr const char* kLayoutImageFolder = "image_folder";  ///< `<class>/<image>`
inline constexpr const char* kLayoutCache = "cache";               ///< written by `data pack`

/// The images of `data.root` with their labels, sorted by path (bytewise); nothing is decoded yet.
struct ImageIndex {
  std::filesystem::path root;
  std::string layout;
  std::vector<std::string> classes;  ///< names in the order of the network's outputs
  std::vector<ImageEntry> images;
  std::int64_t ignored =
      0;  ///< files in the folder that are no images, or images without a label; not hidden ones
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
/// Labels are indices if all are whole numbers, else class names in the order of class_order.h.
///
/// Throws MissingError (no such folder, or no `id,wnid` file) and DataError: no layout fits, labels and
/// network do not match, empty class folder, a labelled image is missing, a file is listed twice, or the
/// folder holds a FIFO, socket or device, which is never opened.
ImageIndex index_images(const DataOptions& data, std::int64_t num_classes);

}  // namespace mirrortune
