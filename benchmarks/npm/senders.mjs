// Others' ways to send, as a process: `node senders.mjs sdk|nodemailer AT_ONCE`.
//
// It has the protocol of benchmarks.function: prints a line when it is loaded, reads one JSON list
// of [address, mail in base64] from stdin, sends all of them, AT_ONCE at a time, and prints what
// that used. The first AT_ONCE mails are its warm-up.
import { text } from "node:stream/consumers";
import { SendEmailCommand, SESv2Client } from "@aws-sdk/client-sesv2";
import { createTransport } from "nodemailer";

const [way, atOnce] = [process.argv[2], Number(process.argv[3])];
const { SENDER, CONFIGURATION_SET, CONTACT_LIST } = process.env;
const EmailTags = [{ Name: "k", Value: "0".repeat(32) }];
const ListManagementOptions = { ContactListName: CONTACT_LIST, TopicName: "announcements" };
const extras = { ConfigurationSetName: CONFIGURATION_SET, EmailTags, ListManagementOptions };
const sesClient = new SESv2Client({});

const ways = {
  sdk: ([address, raw]) =>
    sesClient.send(
      new SendEmailCommand({
        FromEmailAddress: SENDER,
        Destination: { ToAddresses: [address] },
        Content: { Raw: { Data: raw } },
        ...extras,
      }),
    ),
  nodemailer: ([address, raw]) =>
    transport.sendMail({ envelope: { from: SENDER, to: [address] }, raw, ses: extras }),
};
const transport = createTransport({ SES: { sesClient, SendEmailCommand } });

async function sendAll(mails) {
  const left = mails.values();
  const sender = async () => {
    for (const mail of left) await ways[way](mail);
  };
  await Promise.all(Array.from({ length: atOnce }, sender));
}

console.log("ready");
const mails = JSON.parse(await text(process.stdin)).map(([address, raw]) => [
  address,
  Buffer.from(raw, "base64"),
]);
await sendAll(mails.slice(0, atOnce));
const [began, before] = [process.hrtime.bigint(), process.cpuUsage()];
await sendAll(mails.slice(atOnce));
const wall = Number(process.hrtime.bigint() - began) / 1e9;
const { user, system } = process.cpuUsage(before);
console.log(
  JSON.stringify({
    units: mails.length - atOnce,
    cpu: (user + system) / 1e6,
    wall,
    peak_mb: process.resourceUsage().maxRSS / 1024,
  }),
);
process.exit();
