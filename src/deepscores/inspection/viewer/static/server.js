// What the server is asked, and how it says that it cannot answer.

export async function ask(what, words = {}) {
  const answer = await request(what, words);
  return answer.json();
}

export async function askRuns(page, kind) {
  const answer = await request("runs", { page, kind });
  return new Uint32Array(await answer.arrayBuffer());
}

export function address(what, words = {}) {
  const given = Object.entries(words).filter(([, value]) => value !== "" && value !== null && value !== undefined);
  const query = new URLSearchParams(given).toString();
  return `/api/${what}${query ? `?${query}` : ""}`;
}

async function request(what, words) {
  let answer;
  try {
    answer = await fetch(address(what, words));
  } catch {
    throw new Error("the viewer's server does not answer; was it ended?");
  }
  if (answer.ok) return answer;
  const told = await answer.json().catch(() => ({}));
  throw new Error(told.error ?? `the server answers ${answer.status}; its terminal says why`);
}
