"""From what the splits of a data set hold to findings. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from typing import Final

from cockpit.data_sets.description import Description
from cockpit.data_sets.images import label_path
from cockpit.data_sets.labels import Format, LabelFault, Task
from cockpit.data_sets.scan import SHOWN, Offenders, SplitScan
from cockpit.tool_runs.events import Finding, Level

HALF: Final = 0.5
"""Of the images: when more of them are wrong, it is the data set and not an accident."""
WORDS: Final = {
    LabelFault.CLASS: ("a class that does not exist", "correct names in {file}, or the class"),
    LabelFault.FRACTION: ("a class that is no whole number", None),
    LabelFault.COORDINATES: (
        "coordinates outside the image",
        "coordinates are shares of the image, 0 to 1, not pixels",
    ),
    LabelFault.COLUMNS: ("the wrong number of columns", "{columns}"),
    LabelFault.NUMBER: ("something that is no number", "words are parted by spaces"),
    LabelFault.MIXED: ("boxes and polygons mixed", "convert one into the other"),
    LabelFault.ENCODING: ("text that is not UTF-8", "iconv -f latin1 -t utf-8"),
    LabelFault.UNREADABLE: ("no right to read them, or of no kind that can be read", None),
}
"""What is wrong, behind `labels with`, and what to do."""
COLUMNS: Final = {
    Task.DETECT: "class x y width height",
    Task.SEGMENT: "class x1 y1 x2 y2 x3 y3 …",
    Task.POSE: "class x y width height, and the points of kpt_shape",
    Task.OBB: "class x1 y1 x2 y2 x3 y3 x4 y4",
    Task.CLASSIFY: "",
}
SHOWN_CLASSES: Final = 8


def judge_scans(
    description: Description, form: Format, scans: Sequence[SplitScan]
) -> Iterator[Finding]:
    """Yield what is to be said of the splits that could be looked at."""
    yield from _judge_images(description, scans)
    if form.task is not Task.CLASSIFY:
        yield from _judge_faults(description, form, scans)
        yield from _judge_labels(description, form, scans)
    yield from _judge_overlap(scans)
    for scan in scans:
        if not scan.is_whole:
            least = "" if scan.images.is_whole else "at least "
            what = f"{scan.name}: {scan.looked:,} of {least}{scan.count:,} images were looked at"
            yield Finding(Level.NOTE, "data.limit", f"{what}, the others only counted")


def _judge_images(description: Description, scans: Sequence[SplitScan]) -> Iterator[Finding]:
    for scan in scans:
        if scan.count == 0:
            places = ", ".join(scan.images.lists) or "the folder"
            what = f"{description.at(scan.name)}: {scan.name}: no image in {places}"
            yield Finding(Level.PROBLEM, "data.images", what, "fetch the images")
    counts = [
        f"{'' if scan.images.is_whole else 'at least '}{scan.count:,} in {scan.name}"
        for scan in scans
        if scan.count
    ]
    if counts:
        what = f"images of {description.file.name}: {', '.join(counts)}"
        yield Finding(Level.OK, "data.images", what)
    unread = [text for scan in scans for text in scan.images.unread]
    if unread:
        what = f"folders or lists that cannot be read: {len(unread):,}, first: {unread[0]}"
        yield Finding(Level.PROBLEM, "data.unreadable", what)
    dangling = _joined(_as_offenders(scan.images.dangling) for scan in scans)
    yield from _told(dangling, "data.links", Level.WARNING, "links to images that point nowhere")
    broken = _joined(scan.broken for scan in scans)
    looked = sum(scan.looked for scan in scans)
    level = Level.PROBLEM if broken.count > HALF * looked else Level.WARNING
    yield from _told(broken, "data.image-broken", level, "images that are none", "fetch them again")


def _judge_faults(
    description: Description, form: Format, scans: Sequence[SplitScan]
) -> Iterator[Finding]:
    labelled = sum(scan.labelled for scan in scans)
    refused = sum(scan.refused for scan in scans)
    is_hopeless = refused > HALF * max(1, labelled)
    for fault, (words, remedy) in WORDS.items():
        wrong = _joined(scan.faults[fault] for scan in scans if fault in scan.faults)
        level = Level.PROBLEM if is_hopeless or fault is LabelFault.CLASS else Level.WARNING
        filled = remedy and remedy.format(file=description.file, columns=COLUMNS[form.task])
        yield from _told(wrong, f"data.{fault}", level, f"labels with {words}", filled)
    if refused:
        what = f"up to {refused:,} of {labelled:,} images with labels are left out by the trainer,"
        yield Finding(Level.NOTE, "data.refused", f"{what} or it stops at them")


def _judge_labels(
    description: Description, form: Format, scans: Sequence[SplitScan]
) -> Iterator[Finding]:
    for scan in scans:
        if scan.looked and scan.unlabelled.count + scan.shared.count == scan.looked:
            image = scan.unlabelled.first[0]
            what = f"{scan.name}: none of {scan.looked:,} images has labels; looked for"
            remedy = "labels lie in labels/ beside images/, with the image's name and .txt"
            text = f"{what} {label_path(image)}"
            yield Finding(Level.PROBLEM, "data.background", text, remedy)
    counted = [scan for scan in scans if scan.labelled]
    objects = sum(scan.objects for scan in counted)
    polygons = sum(scan.polygons for scan in counted)
    if objects:
        yield Finding(Level.OK, "data.labels", _summary(form, counted, objects, polygons))
    orphans = _joined(scan.orphans for scan in scans)
    yield from _told(orphans, "data.label-orphans", Level.WARNING, "labels without an image")
    shared = _joined(scan.shared for scan in scans)
    words = "images that share the labels of another with the same name"
    yield from _told(shared, "data.label-shared", Level.WARNING, words)
    doubled = _joined(scan.duplicates for scan in scans)
    words = "label files with a line twice, which counts once, or leaves the image out"
    yield from _told(doubled, "data.label-duplicates", Level.NOTE, words)
    yield from _judge_unused(description, scans)


def _summary(form: Format, scans: Sequence[SplitScan], objects: int, polygons: int) -> str:
    kind = "polygons" if polygons == objects and form.task is Task.SEGMENT else "objects"
    words = [f"{objects:,} {kind} on {sum(scan.labelled for scan in scans):,} images"]
    if polygons and form.task is Task.DETECT:
        words.append(f"{polygons:,} of them polygons, taken for the box around each")
    background = {
        "without a label file": sum(scan.unlabelled.count for scan in scans),
        "with an empty one": sum(scan.empty.count for scan in scans),
    }
    if any(background.values()):
        parts = [f"{count:,} {what}" for what, count in background.items() if count]
        words.append(f"background: {', '.join(parts)}")
    if crlf := sum(scan.crlf for scan in scans):
        words.append(f"{crlf:,} files with line ends of Windows, which are read all the same")
    return "; ".join(words)


def _judge_unused(description: Description, scans: Sequence[SplitScan]) -> Iterator[Finding]:
    """Say which classes nothing is labelled with, where all of train was seen."""
    train = next((scan for scan in scans if scan.name == "train"), None)
    if train is None or not train.is_whole or not train.objects or not description.class_count:
        return
    used = Counter(train.classes)
    unused = [number for number in range(description.class_count) if not used[number]]
    if unused:
        names = description.names
        shown = [f"{n} {names[n]}" if names else str(n) for n in unused[:SHOWN_CLASSES]]
        more = ", …" * (len(unused) > SHOWN_CLASSES)
        what = f"{len(unused)} of {description.class_count} classes have no object in train: "
        yield Finding(Level.NOTE, "data.classes", what + ", ".join(shown) + more)


def _judge_overlap(scans: Sequence[SplitScan]) -> Iterator[Finding]:
    """Images to validate on that are trained on make the metrics too good."""
    if len(scans) < 2 or not scans[1].count:
        return
    both = sorted(set(scans[0].images.files) & set(scans[1].images.files))
    if not both:
        return
    is_all = len(both) == scans[1].count
    what = f"{len(both):,} of {scans[1].count:,} images to validate are trained on as well"
    text = what + (": the metrics will be too good" if is_all else f", first: {both[0]}")
    yield Finding(Level.NOTE if is_all else Level.WARNING, "data.overlap", text)


def _told(
    wrong: Offenders, code: str, level: Level, words: str, remedy: str | None = None
) -> Iterator[Finding]:
    if wrong.count:
        more = ", first" if wrong.count > len(wrong.first) else ""
        what = f"{words} ({wrong.count:,}{more}):\n" + "\n".join(wrong.first)
        yield Finding(level, code, what, remedy)


def _joined(parts: Iterable[Offenders]) -> Offenders:
    """Return the offenders of all splits as one."""
    listed = list(parts)
    first = [text for part in listed for text in part.first]
    return Offenders(sum(part.count for part in listed), first[:SHOWN])


def _as_offenders(texts: Sequence[str]) -> Offenders:
    return Offenders(len(texts), list(texts[:SHOWN]))
