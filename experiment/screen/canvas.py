"""Draw the screens with Pillow: the same pixels on every platform.

A screen is one picture of the window's size, so the texts do not depend on the fonts and text engines of the
PC. The stimuli are not drawn here: they are shown on top.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from PIL import Image, ImageDraw, ImageFont

from experiment.pages import PageText
from experiment.screen.click_areas import Target
from experiment.screen.colours import BACKGROUND, INK, PAPER, QUIET, TRACK
from experiment.screen.fonts import Font, Fonts, wrap
from experiment.screen.key_caps import Answer, KeyCap, key_cap

LABEL_SIZE, LABEL_LEADING = 0.85, 1.15
"""Size and line height of the labels below keys, in em."""

Colour = tuple[int, int, int]


@dataclass(frozen=True)
class Canvas:
    """Draws screens of one size.

    Attributes
    ----------
    size_px : tuple of int
        Width and height of the window.
    fonts : Fonts
        Files of the typeface.
    """

    size_px: tuple[int, int]
    fonts: Fonts

    @property
    def em_px(self) -> int:
        """Size of running text: a 32nd of the height, and legible in small windows."""
        return max(18, round(min(self.size_px[1] / 32, self.size_px[0] / 44)))

    def page(self, text: PageText, key: KeyCap, progress: float | None = None) -> Image.Image:
        """Draw a page: headline, paragraphs, and at the bottom the key that continues.

        Parameters
        ----------
        text : PageText
            Its text.
        key : KeyCap
            The continue key.
        progress : float, optional
            Share of the main block that is done; shown as a bar.
        """
        image, draw = self._blank()
        em, width = self.em_px, self._width_px
        lines = self._lines(text)
        bar_em = 2.2 if progress is not None else 0
        cap = self._key_cap(key)
        height = round(sum(leading for *_, leading in lines) * em + (bar_em + 2.4) * em) + cap.height
        x, y = (self.size_px[0] - width) // 2, float((self.size_px[1] - height) // 2)
        y = self._write(draw, lines, x, y)
        if progress is not None:
            y += 1.6 * em
            self._bar(draw, (x, round(y)), width, max(6, em // 3), progress)
            y += (bar_em - 1.6) * em
        self._prompt(image, cap, text.prompt, x, round(y + 2.4 * em))
        return image

    def fits(self, text: PageText) -> bool:
        """Return whether a page fits into the window, including key and margins."""
        return (sum(leading for *_, leading in self._lines(text)) + 7) * self.em_px <= self.size_px[1]

    @property
    def _width_px(self) -> int:
        """Width of running text."""
        return min(round(31 * self.em_px), round(self.size_px[0] * 0.8))

    def _lines(self, text: PageText) -> list[tuple[str, Font, float]]:
        """Return a page's lines, each with its font and its height in em."""
        title, body = self._font(1.7, bold=True), self._font(1.0)
        lines = [(line, title, 1.3 * 1.7) for line in wrap(text.title, title, self._width_px)]
        for paragraph in text.body:
            lines.append(("", body, 0.85))
            lines += [(line, body, 1.55) for line in wrap(paragraph, body, self._width_px)]
        return lines

    def _write(
        self, draw: ImageDraw.ImageDraw, lines: Sequence[tuple[str, Font, float]], x: int, y: float
    ) -> float:
        """Write lines below each other from `y` on; return where the last one ends."""
        for line, font, leading in lines:
            draw.text((x, round(y + leading * self.em_px / 2)), line, fill=INK, font=font, anchor="lm")
            y += leading * self.em_px
        return y

    def _key_cap(self, key: KeyCap) -> Image.Image:
        return key_cap(key, round(2.2 * self.em_px), self._font(0.85, bold=True))

    def _prompt(self, image: Image.Image, cap: Image.Image, prompt: str, x: int, y: int) -> None:
        """Draw a key and, to its right, what it does."""
        image.paste(cap, (x, y))
        position = (x + cap.width + round(0.7 * self.em_px), y + cap.height // 2)
        ImageDraw.Draw(image).text(position, prompt, fill=INK, font=self._font(1.0), anchor="lm")

    def message(self, text: str) -> Image.Image:
        """Draw one line in the middle."""
        image, draw = self._blank()
        centre = (self.size_px[0] // 2, self.size_px[1] // 2)
        draw.text(centre, text, fill=INK, font=self._font(1.0), anchor="mm")
        return image

    def trial(
        self,
        headline: str,
        answers: Sequence[Answer],
        image_height_px: int,
        *,
        fixation: bool = False,
    ) -> Image.Image:
        """Draw the surroundings of the images: the question above them, the keys below.

        Parameters
        ----------
        headline : str
            The question, or feedback.
        answers : sequence of Answer
            From left to right.
        image_height_px : int
            Height that is left empty for the images, around the window's middle.
        fixation : bool
            Whether to draw the fixation cross in the window's middle.
        """
        image, draw = self._blank()
        em, middle = self.em_px, self.size_px[1] // 2
        font = self._fitting(headline, 1.35, self.size_px[0] * 0.9)
        above = middle - image_height_px // 2
        draw.text((self.size_px[0] // 2, above - 3 * em), headline, fill=INK, font=font, anchor="mm")
        below = middle + image_height_px // 2
        small, lines = self._labels([answer.label for answer in answers])
        for answer, label in zip(answers, lines, strict=True):
            cap = self._key_cap(answer.key)
            image.paste(cap, (answer.centre_px - cap.width // 2, below + round(1.4 * em)))
            for number, line in enumerate(label):
                y = below + round((4.4 + LABEL_LEADING * number) * em)
                draw.text((answer.centre_px, y), line, fill=INK, font=small, anchor="mm")
        if fixation:
            arm, half = max(6, round(0.45 * em)), max(1, round(0.06 * em))
            x = self.size_px[0] // 2
            draw.rectangle((x - arm, middle - half, x + arm - 1, middle + half - 1), fill=INK)
            draw.rectangle((x - half, middle - arm, x + half - 1, middle + arm - 1), fill=INK)
        return image

    def targets(self, answers: Sequence[Answer], image_height_px: int) -> list[Target]:
        """Return where `trial` draws the key of each answer, including its label."""
        em, below = self.em_px, self.size_px[1] // 2 + image_height_px // 2
        small, lines = self._labels([answer.label for answer in answers])
        targets = []
        for answer, label in zip(answers, lines, strict=True):
            cap = self._key_cap(answer.key)
            width = max([cap.width, *(round(small.getlength(line)) for line in label)])
            top, left = below + round(1.4 * em), answer.centre_px - width // 2
            bottom = below + round((4.4 + LABEL_LEADING * (len(label) - 0.5)) * em) if label else 0
            targets.append(Target(answer.key.key, (left, top, left + width, max(top + cap.height, bottom))))
        return targets

    def examples(
        self, text: PageText, key: KeyCap, pictures: Sequence[tuple[Image.Image, str]]
    ) -> Image.Image:
        """Draw a page with title and body above example images, each with a caption.

        Images that are too wide or too high together are reduced by the same factor.
        """
        image, draw = self._blank()
        em = self.em_px
        lines = self._lines(text)
        above = sum(leading for *_, leading in lines) * em
        gap, below = 2 * em, 7.5 * em  # below: caption, key and their distances
        wide = sum(picture.width for picture, _ in pictures) + gap * (len(pictures) - 1)
        high = max(picture.height for picture, _ in pictures)
        scale = min(1.0, self.size_px[0] * 0.9 / wide, (self.size_px[1] - above - below - 3 * em) / high)
        height = round(above + below + high * scale)
        y = float((self.size_px[1] - height) // 2)
        left = (self.size_px[0] - self._width_px) // 2
        y = self._write(draw, lines, left, y) + 1.2 * em
        x = (self.size_px[0] - wide * scale) / 2
        for picture, caption in pictures:
            size = round(picture.width * scale), round(picture.height * scale)
            image.paste(
                picture.resize(size, Image.Resampling.LANCZOS) if scale < 1 else picture, (round(x), round(y))
            )
            middle = round(x + size[0] / 2), round(y + high * scale + 0.9 * em)
            draw.text(middle, caption, fill=INK, font=self._font(0.9, bold=True), anchor="mm")
            x += size[0] + gap
        self._prompt(image, self._key_cap(key), text.prompt, left, round(y + high * scale + 3.2 * em))
        return image

    def card(self, text: PageText, key: KeyCap, size_px: tuple[int, int]) -> Image.Image:
        """Draw an outline in the middle, the instructions above it, and the key that ends it below."""
        image, draw = self._blank()
        em, (width, height) = self.em_px, size_px
        lines = self._lines(text)
        left = (self.size_px[0] - self._width_px) // 2
        y = max(0.5 * em, (self.size_px[1] - height) / 2 - sum(leading for *_, leading in lines) * em - em)
        self._write(draw, lines, left, y)
        x, top = (self.size_px[0] - width) // 2, (self.size_px[1] - height) // 2
        draw.rounded_rectangle(
            (x, top, x + width - 1, top + height - 1), round(0.037 * width), fill=PAPER, outline=INK, width=2
        )
        cap = self._key_cap(key)
        foot = min(top + height + em, self.size_px[1] - cap.height - em // 2)
        self._prompt(image, cap, text.prompt, left, foot)
        return image

    def progress_bar(self, share: float) -> Image.Image:
        """Draw a thin bar for the bottom of a trial: the share of the main block that is done."""
        image = Image.new("RGB", (_even(self.size_px[0] * 0.3), max(4, 2 * (self.em_px // 12))), BACKGROUND)
        self._bar(ImageDraw.Draw(image), (0, 0), *image.size, share)
        return image

    def mark(self, size_px: tuple[int, int]) -> Image.Image:
        """Draw a frame to be shown behind an image of this size."""
        line = max(3, round(0.14 * self.em_px))
        margin = 3 * line
        width, height = size_px[0] + 2 * margin, size_px[1] + 2 * margin
        image = Image.new("RGB", (width, height), BACKGROUND)
        ImageDraw.Draw(image).rounded_rectangle(
            (0, 0, width - 1, height - 1), line, outline=PAPER, width=line
        )
        return image

    def notice(self, text: str) -> Image.Image:
        """Draw a strip with one line, as wide as the window, for the bottom of a screen."""
        height = _even(2.8 * self.em_px)
        image = Image.new("RGB", (self.size_px[0], height), INK)
        font = self._fitting(text, 0.9, self.size_px[0] * 0.9)
        ImageDraw.Draw(image).text(
            (self.size_px[0] // 2, height // 2), text, fill=PAPER, font=font, anchor="mm"
        )
        return image

    def spread_px(self, n: int) -> list[int]:
        """Return the centres of `n` answers side by side, from the window's left edge."""
        middle = self.size_px[0] // 2
        return [round(middle + (index - (n - 1) / 2) * self._spacing_px(n)) for index in range(n)]

    def reserved_px(self, labels: Sequence[str]) -> int:
        """Return the height that a question and its answers need, above and below the images together."""
        n_lines = max(len(lines) for lines in self._labels(labels)[1])
        return round(2 * max(4.5, (4.6 + LABEL_LEADING * n_lines) * bool(n_lines)) * self.em_px)

    def _spacing_px(self, n: int) -> float:
        return min(self.size_px[0] * 0.96 / n, 9 * self.em_px)

    def _labels(self, labels: Sequence[str]) -> tuple[Font, list[list[str]]]:
        """Break labels into lines, in a font size in which the longest word fits."""
        width_px = self._spacing_px(len(labels)) - 0.5 * self.em_px
        font = self._font(LABEL_SIZE)
        longest_px = max((font.getlength(word) for label in labels for word in label.split()), default=0.0)
        if longest_px > width_px:
            font = self._font(LABEL_SIZE * width_px / longest_px)
        return font, [wrap(label, font, width_px) for label in labels]

    def _blank(self) -> tuple[Image.Image, ImageDraw.ImageDraw]:
        image = Image.new("RGB", self.size_px, BACKGROUND)
        return image, ImageDraw.Draw(image)

    def _bar(
        self, draw: ImageDraw.ImageDraw, position: tuple[int, int], width: int, height: int, share: float
    ) -> None:
        x, y = position
        radius = height // 2
        draw.rounded_rectangle((x, y, x + width - 1, y + height - 1), radius, fill=TRACK)
        if share > 0:
            done = max(height, round(width * share))
            draw.rounded_rectangle((x, y, x + done - 1, y + height - 1), radius, fill=QUIET)

    def _font(self, size_em: float, *, bold: bool = False) -> Font:
        path = self.fonts.bold if bold else self.fonts.regular
        return ImageFont.truetype(str(path), round(size_em * self.em_px))

    def _fitting(self, text: str, size_em: float, width_px: float) -> Font:
        """Return the font in this size, or smaller if the line would be too wide."""
        font = self._font(size_em)
        return self._font(size_em * min(1.0, width_px / font.getlength(text)))


def _even(length: float) -> int:
    return 2 * round(length / 2)
