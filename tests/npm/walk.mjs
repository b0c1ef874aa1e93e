// Does in Chromium what a person does on the console's pages, step after step.
// Input (stdin): {"address", "height"?, "wait"? (seconds for each step), "slow"? (seconds until scripts arrive), "steps": [{"click"|"follow"|"open"|"fill"|"file"|"press"|"see"|"framed"|"gone"|"picture": ..., "with"?}]}
// Output: {"address", "requests", "complaints"}: where it ended, what was fetched, what the page complained of.
import { readFileSync } from "node:fs";
import { browserOf } from "./browser.mjs";

const { address, steps, height = 2400, wait = 60, slow = 0 } = JSON.parse(readFileSync(0, "utf8"));
const browser = await browserOf();
const page = await browser.newPage({ viewport: { width: 1280, height } });
page.setDefaultTimeout(wait * 1000);
if (slow) {
  await page.route("**/*.js", async (route) => {
    await new Promise((resolve) => setTimeout(resolve, slow * 1000));
    await route.continue();
  });
}
const requests = [], complaints = [];
page.on("request", (request) => requests.push(request.url()));
page.on("pageerror", (error) => complaints.push(String(error)));
page.on("console", (message) => { if (message.type() === "error") complaints.push(message.text()); });

const does = {
  click: (name) => page.getByRole("button", { name }).first().click(),
  follow: (name) => page.getByRole("link", { name }).first().click(),
  open: (text) => page.locator("summary").filter({ hasText: text }).first().click(),
  fill: (label, step) => page.getByLabel(label).fill(step.with),
  file: (label, step) => page.getByLabel(label).setInputFiles(step.with),
  press: (keys) => page.keyboard.press(keys),
  see: (text) => page.getByText(text).first().waitFor(),
  gone: (text) => page.getByText(text).first().waitFor({ state: "detached" }),
  // In every frame of the page.
  framed: async (text) => {
    for (const frame of await page.locator("iframe").all()) {
      await frame.contentFrame().getByText(text).first().waitFor();
    }
  },
  picture: (path) => page.screenshot({ path, fullPage: true }),
};

// A failure page does not get better by itself, so nobody waits for the rest of the time.
const failure = page.getByRole("heading", { name: "This did not work" });
const fails = async () => {
  await failure.waitFor({ timeout: 0 });
  await page.waitForTimeout(2000); // what is looked for may stand on this page
  throw new Error("the console failed");
};

await page.goto(address);
for (const step of steps) {
  const [name] = Object.keys(step);
  try {
    await Promise.race([does[name](step[name], step), fails()]);
  } catch (error) {
    throw new Error(`${error.message}\non the page: ${await page.locator("body").innerText()}`);
  }
}
const ended = page.url();
await browser.close();
process.stdout.write(JSON.stringify({ address: ended, requests, complaints }));
