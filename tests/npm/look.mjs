// Opens pages in Chromium and says what a person or a program would find there.
// Input (stdin): {"jobs": [{"page", "views": [{"width", "dark", "picture"?}]}]}
// Output: one JSON array, a finding per job, in it one per view.
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { pathToFileURL } from "node:url";
import { chromium } from "playwright-core";

const axe = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
const { jobs } = JSON.parse(readFileSync(0, "utf8"));
const browser = await chromium.launch({
  executablePath: process.env.CHROMIUM,
  args: ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
    "--disable-background-networking", "--disable-component-update", "--disable-sync"],
});

function facts() {
  const seen = (element) => element.innerText?.trim() && element.getClientRects().length;
  const all = [...document.body.querySelectorAll("*")].filter(seen);
  const wide = all.filter((element) => element.matches("td, p, li, h1, h2"));
  return {
    scrollWidth: document.documentElement.scrollWidth,
    background: getComputedStyle(document.body).backgroundColor,
    smallest: Math.min(...all.map((element) => parseFloat(getComputedStyle(element).fontSize))),
    narrowest: Math.min(...wide.map((element) => element.getBoundingClientRect().width)),
    text: document.body.innerText,
  };
}

async function view(page, { width, dark, picture }) {
  await page.setViewportSize({ width, height: 800 });
  await page.emulateMedia({ colorScheme: dark ? "dark" : "light" });
  const found = await page.evaluate(facts);
  if (picture) await page.screenshot({ path: picture, fullPage: true });
  const { violations } = await page.evaluate(() => window.axe.run({ resultTypes: ["violations"] }));
  const faults = violations.map((fault) => `${fault.id}: ` + fault.nodes.map((node) =>
    `${node.target.join(" ")} ${node.failureSummary}`).join(" | "));
  return { ...found, faults };
}

async function look(page, job) {
  const asked = [];
  const note = (request) => asked.push(request.url());
  page.on("request", note);
  await page.goto(pathToFileURL(job.page).href);
  const inside = await page.evaluate(() => ({
    scripts: document.scripts.length, images: document.images.length }));
  await page.evaluate(axe);
  const views = [];
  for (const each of job.views) views.push(await view(page, each));
  page.off("request", note);
  return { ...inside, requests: asked.slice(1), views };
}

const found = [];
const page = await browser.newPage();
for (const job of jobs) found.push(await look(page, job));
await browser.close();
process.stdout.write(JSON.stringify(found));
