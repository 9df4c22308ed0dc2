// Compares two stock lists the way the program does, and prints one line of JSON. The time is that of
// the query, reading both files included, without the start of Node.
import { DuckDBInstance } from '@duckdb/node-api'

const [left, right] = process.argv.slice(2)
const side = (file) => `(SELECT part_number, location, project, sum(quantity) AS quantity
  FROM read_csv('${file}', columns = {part_number: 'VARCHAR', location: 'VARCHAR', project: 'VARCHAR', quantity: 'DECIMAL(18,6)'}, header = true)
  GROUP BY ALL)`
const connection = await (await DuckDBInstance.create(':memory:')).connect()
const began = performance.now()
const result = await connection.runAndReadAll(`SELECT 'matched ' || count(*) FILTER (t.quantity = o.quantity) || ', different ' ||
  count(*) FILTER (t.quantity <> o.quantity) || ', only theirs ' || count(*) FILTER (o.quantity IS NULL) || ', only ours ' ||
  count(*) FILTER (t.quantity IS NULL) FROM ${side(left)} t FULL JOIN ${side(right)} o USING (part_number, location, project)`)
console.log(JSON.stringify({ Seconds: (performance.now() - began) / 1000, Answer: result.getRows()[0][0] }))
