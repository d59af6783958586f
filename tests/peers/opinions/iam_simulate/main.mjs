// Reads simulations as lines of JSON, and writes iam-simulate's decision on each as a line.
import { createInterface } from "node:readline";
import process from "node:process";
import { anonymousPrincipal, runSimulation } from "@cloud-copilot/iam-simulate";

async function decide({ request, ...policies }) {
  try {
    const principal = request.principal ?? anonymousPrincipal;
    const result = await runSimulation({ request: { ...request, principal }, ...policies }, {
      simulationMode: "Strict",
    });
    if (result.resultType === "single") return result.overallResult;
    return `error: ${result.resultType} ${JSON.stringify(result.errors ?? "")}`;
  } catch (error) {
    return `error: ${error.message}`;
  }
}

const answers = [];
for await (const line of createInterface({ input: process.stdin })) {
  answers.push((await decide(JSON.parse(line))).replaceAll("\n", " "));
}
process.stdout.write(answers.join("\n") + "\n");
