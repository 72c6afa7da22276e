// Questions to the page that only the page can answer: what ran, what can be read, what fits.
// A test calls them as `harbour.…`; each returns plain data.

globalThis.harbour = (() => {
  const all = (selector, root = document) => [...root.querySelectorAll(selector)];
  const cells = () => all(".jp-Notebook .jp-CodeCell");
  const prompts = () => cells().map((cell) => cell.querySelector(".jp-InputPrompt").textContent);

  // --- what ran -----------------------------------------------------------------------------------------------------

  const isSettled = () => cells().length > 0 && prompts().every((prompt) => !prompt.includes("*"));
  const isNumbered = () => cells().length > 0 && prompts().every((prompt, at) => prompt === `[${at + 1}]:`);
  const facts = () =>
    cells().map((cell) => ({
      prompt: cell.querySelector(".jp-InputPrompt").textContent,
      kinds: all(".jp-OutputArea-output", cell).map((output) => output.dataset.mimeType ?? ""),
      text: cell.querySelector(".jp-Cell-outputWrapper")?.innerText ?? "",
    }));

  // --- colours ------------------------------------------------------------------------------------------------------

  const brush = document.createElement("canvas").getContext("2d", { willReadFrequently: true });
  const rgba = (colour) => {
    brush.clearRect(0, 0, 1, 1);
    brush.fillStyle = colour;
    brush.fillRect(0, 0, 1, 1);
    const [r, g, b, a] = brush.getImageData(0, 0, 1, 1).data;
    return [r, g, b, a / 255];
  };
  const over = (top, below) => {
    const a = top[3];
    return [0, 1, 2].map((i) => top[i] * a + below[i] * (1 - a)).concat(1);
  };
  const luminance = (colour) => {
    const [r, g, b] = colour.slice(0, 3).map((value) => {
      const part = value / 255;
      return part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4;
    });
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  // WCAG 2.2, "contrast ratio".
  const ratio = (one, two) => {
    const [light, dark] = [luminance(one), luminance(two)].sort((a, b) => b - a);
    return (light + 0.05) / (dark + 0.05);
  };

  const ancestors = (element) => (element ? [element, ...ancestors(element.parentElement)] : []);
  const ground = (element) =>
    ancestors(element).reduceRight(
      (below, one) => over(rgba(getComputedStyle(one).backgroundColor), below),
      [255, 255, 255, 1],
    );
  const centre = (box) => [box.x + box.width / 2, box.y + box.height / 2];
  const covers = (box, [x, y]) => box.left <= x && x <= box.right && box.top <= y && y <= box.bottom;
  // In a picture, a filled shape that was drawn before the text and lies under it is what the text stands on.
  const groundInPicture = (text, picture) => {
    const point = centre(text.getBoundingClientRect());
    return all("circle, rect", picture)
      .filter((shape) => shape.compareDocumentPosition(text) & Node.DOCUMENT_POSITION_FOLLOWING)
      .filter((shape) => covers(shape.getBoundingClientRect(), point))
      .map((shape) => getComputedStyle(shape).fill)
      .filter((fill) => fill !== "none")
      .reduce((below, fill) => over(rgba(fill), below), ground(picture));
  };
  const opacity = (element) => ancestors(element).reduce((whole, one) => whole * getComputedStyle(one).opacity, 1);

  const contrastOf = (node) => {
    const element = node.parentElement;
    const style = getComputedStyle(element);
    const picture = element.closest("svg");
    const below = picture ? groundInPicture(element, picture) : ground(element);
    const [r, g, b, a] = rgba(picture ? style.fill : style.color);
    const size = parseFloat(style.fontSize);
    return {
      text: node.textContent.trim().slice(0, 60),
      kind: [...(element.closest(".badge, .quiet, .title, th, code, pre, summary, button")?.classList ?? [])].join(" "),
      ratio: Math.round(ratio(over([r, g, b, a * opacity(element)], below), below) * 100) / 100,
      needed: size >= 24 || (size >= 18.66 && style.fontWeight >= 700) ? 3 : 4.5,
    };
  };
  const contrasts = (selector) =>
    all(selector).flatMap((root) => {
      const walker = document.createTreeWalker(root, NodeFilter.SHOW_TEXT);
      const found = [];
      while (walker.nextNode()) {
        const { parentElement: parent, textContent: text } = walker.currentNode;
        const shown = text.trim() && !parent.closest("style, title") && parent.getClientRects().length;
        if (shown) found.push(contrastOf(walker.currentNode));
      }
      return found;
    });

  // --- what fits ----------------------------------------------------------------------------------------------------

  const round = (box) => [box.left, box.right, box.top, box.bottom].map((value) => Math.round(value));
  // Outputs in which something would have to be scrolled to the side, and pictures that reach beyond them.
  const tooWide = () =>
    all(".jp-OutputArea-output").flatMap((output) => {
      const edge = output.getBoundingClientRect().right;
      const wide = all("svg, table, pre, .harbour", output).some((part) => part.getBoundingClientRect().right > edge + 1);
      return output.scrollWidth > output.clientWidth + 1 || wide ? [output.innerText.slice(0, 80)] : [];
    });
  const pictures = () =>
    all(".harbour svg").map((picture) => {
      const whole = picture.getBoundingClientRect();
      const texts = all("text", picture).map((text) => ({ text: text.textContent, box: text.getBoundingClientRect() }));
      const outside = texts.filter(({ box }) => box.left < whole.left - 1 || box.right > whole.right + 1 ||
        box.top < whole.top - 1 || box.bottom > whole.bottom + 1);
      const crossing = texts.flatMap((one, at) =>
        texts.slice(at + 1)
          .filter((two) => one.box.left < two.box.right - 1 && two.box.left < one.box.right - 1 &&
            one.box.top < two.box.bottom - 3 && two.box.top < one.box.bottom - 3)
          .map((two) => `${one.text} / ${two.text}`));
      return {
        role: picture.getAttribute("role"),
        label: picture.getAttribute("aria-label") ?? "",
        words: picture.closest(".harbour").querySelector("details")?.textContent ?? "",
        box: round(whole),
        window: document.documentElement.clientWidth,
        outside: outside.map(({ text }) => text),
        crossing,
      };
    });

  return { cells, isSettled, isNumbered, facts, contrasts, tooWide, pictures };
})();
