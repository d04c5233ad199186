// Answers questions about IAM policies: a line of JSON with a simulation comes in, a line with its outcome goes out.
// Run by evaluator.py, with the folder where the packages of package-lock.json are.
import net from 'node:net';
import readline from 'node:readline';

const { runSimulation } = await import(`${process.argv[2]}/node_modules/@cloud-copilot/iam-simulate/dist/esm/index.js`);

// Nothing here has a reason to reach anybody.
net.Socket.prototype.connect = () => {
  throw new Error('the evaluator has no network');
};

async function answer(question) {
  if (question === 'confinement') {
    return { environment: Object.keys(process.env), ...confinement() };
  }
  const found = await runSimulation(question, {});
  if (found.resultType === 'error') {
    return { error: JSON.stringify(found.errors) };
  }
  const ignored = (found.results ?? [found.result]).flatMap((one) => one.ignoredContextKeys ?? []);
  return { result: found.overallResult, ignored };
}

function confinement() {
  let network = true;
  try {
    net.connect(9, '127.0.0.1').destroy();
  } catch {
    network = false;
  }
  const { permission } = process;
  return { network, write: permission.has('fs.write'), child: permission.has('child') };
}

for await (const line of readline.createInterface({ input: process.stdin })) {
  let said;
  try {
    said = await answer(JSON.parse(line));
  } catch (error) {
    said = { error: String(error) };
  }
  process.stdout.write(`${JSON.stringify(said)}\n`);
}
