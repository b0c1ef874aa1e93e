// Opens pages in Chromium and says what a person or a program would find there.
// Input (stdin): {"jobs": [{"page", "client"?, "views": [{"width", "dark", "picture"?}], "axe"?}]}
// A page is a file, or an address of this machine.
// With a client, the page is looked at as that client leaves it: see clients.mjs.
// Output: one JSON array, a finding per job, in it one per view.
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { pathToFileURL } from "node:url";
import { another, browserOf } from "./browser.mjs";
import { conditional, limits, strip } from "./clients.mjs";

const axe = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
const { jobs } = JSON.parse(readFileSync(0, "utf8"));
// A browser sometimes stops drawing, and then a page that waits for its next frame waits for ever.
const SECONDS_FOR_A_PAGE = Number(process.env.SECONDS_FOR_A_PAGE ?? 60);

function facts() {
  const seen = (element) => element.innerText?.trim() && element.getClientRects().length;
  const all = [...document.body.querySelectorAll("*")].filter(seen);
  const wide = all.filter((element) => element.matches("td, p, li, h1, h2"));
  const behind = (element) => {
    for (let each = element; each; each = each.parentElement) {
      const color = getComputedStyle(each).backgroundColor;
      if (!/^rgba\(.*, 0\)$/.test(color)) return color;
    }
    return "rgb(255, 255, 255)";
  };
  // What a reader needs of the look: of each part its colours, its padding and its size.
  const part = (selector) => {
    const element = document.querySelector(selector);
    if (!element) return null;
    const style = getComputedStyle(element);
    const box = element.getBoundingClientRect();
    const inner = element.querySelector("a, td") ?? element;
    const inside = getComputedStyle(inner);
    const pads = ["paddingTop", "paddingLeft"].map((side) =>
      Math.max(parseFloat(style[side]), parseFloat(inside[side])));
    return { color: inside.color, background: behind(element), around: behind(element.parentElement.closest(":not(tr):not(tbody)")),
      padding: Math.min(...pads), width: box.width, height: box.height, weight: style.fontWeight };
  };
  // What is seen of each frame, and how long the page in it is.
  const frames = [...document.querySelectorAll("iframe")]
    .filter((frame) => frame.getClientRects().length && frame.contentDocument)
    .map((frame) => ({ shown: frame.clientHeight,
      whole: frame.contentDocument.documentElement.scrollHeight }));
  const names = ["page", "card", "bar", "kind", "in", "button", "facts", "foot", "test", "asked"];
  return {
    scrollWidth: document.documentElement.scrollWidth,
    background: getComputedStyle(document.body).backgroundColor,
    smallest: Math.min(...all.map((element) => parseFloat(getComputedStyle(element).fontSize))),
    narrowest: Math.min(...wide.map((element) => element.getBoundingClientRect().width)),
    text: document.body.innerText,
    frames,
    width: innerWidth,
    values: [...document.querySelectorAll(".facts td, .details td")].map((cell) => Math.round(
      cell.getBoundingClientRect().left + parseFloat(getComputedStyle(cell).paddingLeft))),
    parts: Object.fromEntries(names.map((name) => [name, part(`.${name}`)])),
  };
}

// All that axe's rules ask of a view: the elements, which of them are shown, and every style that
// gives one its colour, its size of text or its room. Empty if boxes could cover or clip each other, or
// come from another document: then no view tells about another.
function look_of_axe() {
  const styles = ["display", "visibility", "opacity", "color", "backgroundColor", "backgroundImage",
    "borderTopColor", "fontSize", "fontWeight", "fontStyle", "textDecorationLine", "textIndent",
    "textShadow", "lineHeight", "letterSpacing", "wordSpacing", "cursor", "filter", "mixBlendMode",
    "clipPath", "outlineStyle"];
  const parts = [document.documentElement.outerHTML];
  for (const element of document.querySelectorAll("*")) {
    const style = getComputedStyle(element);
    const box = element.getBoundingClientRect();
    const covers = style.position !== "static" || style.transform !== "none" || style.float !== "none"
      || /^-/.test(style.marginTop + " " + style.marginLeft) || style.overflow === "scroll";
    if (covers || element.matches("iframe, canvas, video, object, svg, input, select, textarea")) return "";
    const empty = !box.width || !box.height, off = box.right <= 0 || box.bottom <= 0;
    parts.push(`${empty}${off}`, ...styles.map((name) => style[name]));
  }
  return parts.join("|");
}

// What axe says; it is asked once about the views of a page that look the same to it.
async function faults_here() {
  const look = look_of_axe();
  if (look && known.has(look)) return known.get(look);
  const { violations } = await axe.run({ resultTypes: ["violations"] });
  const faults = violations.map((fault) => `${fault.id}: ` + fault.nodes.map((node) =>
    `${node.target.join(" ")} ${node.failureSummary}`).join(" | "));
  known.set(look, faults);
  return faults;
}

async function view(page, { width, dark, picture }, with_axe) {
  await page.setViewportSize({ width, height: 800 });
  await page.emulateMedia({ colorScheme: dark ? "dark" : "light" });
  // A page that fits its frames to its new width does so within a frame or two of the browser's.
  await page.evaluate(() => document.scripts.length && new Promise((done) =>
    requestAnimationFrame(() => requestAnimationFrame(() => requestAnimationFrame(done)))));
  const found = with_axe
    ? await page.evaluate(async () => ({ ...facts(), faults: await faults_here() }))
    : { ...await page.evaluate(facts), faults: [] };
  if (picture) await page.screenshot({ path: picture, fullPage: true });
  return found;
}

// A document is written over the one before where neither leaves anything to the other: it names
// its encoding, and it runs nothing, holds no other document and sets no rule for its requests.
// There axe is as quick as a browser makes code that it knows; in a new document it starts cold.
const leaves_nothing = (html) => html.slice(0, 1024).includes('<meta charset="utf-8">')
  && !/<(script|i?frame|object|embed|base|template|link)|http-equiv|\son\w+\s*=/i.test(html);
let reusable = null;

// Open a job's page, and return how many requests that took.
async function open(page, job) {
  const html = job.page.startsWith("http:") ? "" : readFileSync(job.page, "utf8");
  const quiet = !job.client && leaves_nothing(html);
  const reused = quiet && reusable === page;
  reusable = quiet ? page : null;
  if (job.client) {
    await page.setContent(conditional(html, job.client));
    await page.evaluate(strip, limits(job.client));
  } else if (reused) {
    await page.setContent(html);
  } else {
    await page.goto(job.page.startsWith("http:") ? job.page : pathToFileURL(job.page).href);
    return 1;
  }
  return 0;
}

async function look(page, job) {
  const asked = [];
  const note = (request) => asked.push(request.url());
  page.on("request", note);
  const own = await open(page, job);
  const inside = await page.evaluate(() => ({
    scripts: document.scripts.length, images: document.images.length }));
  const with_axe = job.axe ?? !job.client;
  if (with_axe) {
    if (!await page.evaluate(() => "axe" in window)) {
      await page.evaluate(`${axe};${facts};${look_of_axe};${faults_here};var known`);
    }
    await page.evaluate(() => { known = new Map(); });
  }
  const views = [];
  for (const each of job.views) views.push(await view(page, each, with_axe));
  page.off("request", note);
  return { ...inside, requests: asked.slice(own), views };
}

async function in_time(work, job) {
  let timer;
  const late = new Promise((_, refuse) => {
    timer = setTimeout(() => refuse(new Error(`${job.page}: no answer in time`)), 1000 * SECONDS_FOR_A_PAGE);
  });
  return Promise.race([work, late]).finally(() => clearTimeout(timer));
}

async function look_twice(job) {
  try {
    return await in_time(look(page, job), job);
  } catch (fault) {
    process.stderr.write(`${fault.message}; once more, in a fresh browser\n`);
    await end();
    browser = await another();
    page = await browser.newPage();
    return in_time(look(page, job), job);
  }
}

// A browser that does not answer does not close either.
const end = () => in_time(browser.close(), { page: "the browser's end" }).catch(() => null);

let browser = await browserOf();
let page = await browser.newPage();
const found = [];
for (const job of jobs) found.push(await look_twice(job));
process.stdout.write(JSON.stringify(found), () => end().then(() => process.exit(0)));
