// The browser of a script: the one that all tests of a process share (serve.mjs), or one of its own.
import { chromium } from "playwright-core";

export const options = {
  executablePath: process.env.CHROMIUM,
  args: ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
    "--disable-background-networking", "--disable-component-update", "--disable-sync"],
};

// Closing a shared browser closes only the pages that this script opened.
export const browserOf = () => process.env.BROWSER
  ? chromium.connect(process.env.BROWSER) : chromium.launch(options);

// A browser that failed is replaced: the tests that share it start another one.
export function another() {
  if (process.env.BROWSER_PROCESS) process.kill(Number(process.env.BROWSER_PROCESS), "SIGKILL");
  delete process.env.BROWSER_PROCESS;
  return chromium.launch(options);
}
