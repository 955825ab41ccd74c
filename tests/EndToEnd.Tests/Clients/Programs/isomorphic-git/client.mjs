// isomorphic-git: clone URL FOLDER [DEPTH] | fetch URL FOLDER [DEPTH] | push URL FOLDER
import * as fs from "node:fs";
import * as git from "isomorphic-git";
import http from "isomorphic-git/http/node";

const [verb, address, dir, depth] = process.argv.slice(2);
const parts = new URL(address);
const { username, password } = parts;
parts.username = parts.password = "";
const url = parts.href;

const place = {
  fs, http, dir, url, remote: "origin",
  onAuth: () => (username ? { username: decodeURIComponent(username), password: decodeURIComponent(password) } : { cancel: true }),
  onAuthFailure: () => ({ cancel: true }),
  ...(depth ? { depth: Number(depth) } : {}),
};

switch (verb) {
  case "clone":
    await git.clone(place);
    break;
  case "fetch":
    await git.fetch({ ...place, tags: true });
    break;
  case "push": {
    const result = await git.push({ ...place, ref: "main" });
    if (!result.ok) throw new Error(JSON.stringify(result));
    break;
  }
  default:
    throw new Error(`unknown: ${verb}`);
}
