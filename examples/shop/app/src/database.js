import postgres from "postgres";

export const database = postgres(process.env.DATABASE_URL, { max: 4, onnotice: () => {} });
