// Sends the message in the file to the port with node-hl7-client and prints MSA-1 and MSA-2 of the answer.
import { readFileSync } from "node:fs";
import { Client, Message } from "node-hl7-client";

const [port, file] = process.argv.slice(2);
const client = new Client({ host: "127.0.0.1" });
const connection = client.createConnection({ port: Number(port) }, async (answer) => {
  const message = answer.getMessage();
  console.log(message.get("MSA.1").toString(), message.get("MSA.2").toString());
  process.exit(0); // close() waits for an answer to come, and none will
});
connection.on("error", (error) => {
  console.error(error);
  process.exit(1);
});
await connection.sendMessage(new Message({ text: readFileSync(file, "utf-8") }));
