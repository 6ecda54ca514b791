// Which of the files that were dropped or pasted is the photo to search by.

// The one photo among the files; undefined where there is none, or more than one.
export function onlyPhoto(files, suffixes) {
  const photos = files.filter((file) => isPhoto(file, suffixes));
  return photos.length === 1 ? photos[0] : undefined;
}

// Browsers know no type for some formats, HEIC for instance.
function isPhoto({ type, name }, suffixes) {
  return type.startsWith("image/") || suffixes.some((suffix) => name.toLowerCase().endsWith(suffix));
}
