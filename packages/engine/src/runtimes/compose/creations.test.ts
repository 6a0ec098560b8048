import { expect, test } from "vitest";
import { followCreations } from "./creations.ts";

test("knows what the engine was asked to make and has not reported", () => {
  const creations = followCreations();
  const lines = [
    " Network shop_default  Creating",
    " Network shop_default  Created",
    " Container shop-web-1  Creating",
    " Container shop-db-1  Recreate",
    " Container shop-job-1  Creating",
    " Container shop-job-1  Error",
    " Container shop-web-1  Created",
    " web Pulling ",
  ];
  for (const line of lines) creations.onLine(line);
  expect(creations.open()).toBe(2);
  creations.onLine(" Container shop-db-1  Recreated");
  expect(creations.open()).toBe(1);
});
