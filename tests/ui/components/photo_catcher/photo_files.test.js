import assert from "node:assert/strict";
import { test } from "node:test";

import { onlyPhoto } from "../../../../tiefvision_ui/components/photo_catcher/photo_files.js";

const SUFFIXES = [".jpg", ".heic"];
const file = (name, type = "") => ({ name, type });

test("a photo is told by its type, or by its name where the browser knows no type", () => {
  for (const photo of [file("image.png", "image/png"), file("IMG_1.HEIC"), file("", "image/webp")]) {
    assert.equal(onlyPhoto([photo], SUFFIXES), photo);
  }
  assert.equal(onlyPhoto([file("labels.zip", "application/zip")], SUFFIXES), undefined);
});

test("a photo beside other files is taken, one of several is not guessed", () => {
  const photo = file("a.jpg", "image/jpeg");
  assert.equal(onlyPhoto([file("a.txt", "text/plain"), photo], SUFFIXES), photo);
  assert.equal(onlyPhoto([photo, file("b.jpg", "image/jpeg")], SUFFIXES), undefined);
  assert.equal(onlyPhoto([], SUFFIXES), undefined);
});
