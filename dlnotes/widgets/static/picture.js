// A figure that Python draws: the controls live here, each picture is asked for and comes as PNG. Python: _shell.py.
// page.ask keeps one question in flight and, of those that wait, the newest: the last position is always drawn.
export default widget((page) => {
  const names = Object.entries(page.spec.controls).filter(([, spec]) => spec.kind !== "data").map(([name]) => name);
  page.row(...names);
  const [width, height] = page.spec.size;
  const picture = element("img", { class: "dl-picture", alt: "", width, height });
  picture.style.visibility = "hidden"; // until there is one
  page.root.append(picture);
  const words = element("div", { class: "dl-note", "aria-live": "polite" });
  page.root.append(words);
  let asked = "", shown = null;

  async function follow() {
    const settings = page.settings, key = JSON.stringify(settings);
    if (key === asked) return;
    asked = key;
    try {
      const got = await page.ask({ settings }, "picture");
      if (!got) return;
      const next = new Image();
      next.src = URL.createObjectURL(new Blob(got.bytes, { type: "image/png" }));
      await next.decode();
      const old = picture.src;
      picture.src = next.src;
      picture.alt = got.reply.alt;
      picture.style.visibility = "";
      if (old) URL.revokeObjectURL(old);
      if (words.innerHTML !== got.reply.words) words.innerHTML = got.reply.words;
      shown = got.reply.numbers;
      page.drawNow();
    } catch (error) {
      page.fail(error);
    }
  }
  page.on("msg:custom", (message) => { if (message.event === "moved") { asked = ""; follow(); } });
  page.cleanups.push(() => picture.src && URL.revokeObjectURL(picture.src));
  page.draw(() => {
    follow();
    return shown || {};
  });
});
