// specweave.mjs PACKAGE DIR: SpecWeave's own detector over the project DIR, in this process.
//
// PACKAGE is the folder of the installed npm package. Prints how many milliseconds the scan took
// (neither node's start nor the loading of the package is in it) and how many desyncs it found.
import path from 'node:path';
import { pathToFileURL } from 'node:url';

const DETECTOR = 'dist/src/core/increment/desync-detector.js';

function fail(message) {
	console.error(`specweave.mjs: ${message}`);
	process.exit(2);
}

async function loadDetector(packageRoot) {
	const file = path.resolve(packageRoot, DETECTOR);
	try {
		return (await import(pathToFileURL(file))).DesyncDetector;
	} catch (error) {
		return fail(`${file}: ${error.message}`);
	}
}

if (process.argv.length !== 4)
	fail('usage: specweave.mjs PACKAGE DIR');
const [packageRoot, dir] = process.argv.slice(2);

const DesyncDetector = await loadDetector(packageRoot);
const detector = new DesyncDetector({ projectRoot: path.resolve(dir) });
const start = process.hrtime.bigint();
const report = await detector.scanAll();
const took = Number(process.hrtime.bigint() - start) / 1e6;

// A scan that gave up early would look fast.
if (report.totalScanned === 0 || report.errors.length > 0)
	fail(`${dir}: ${report.totalScanned} increments scanned, ${report.errors.length} errors`);
console.log(`${took.toFixed(3)}\t${report.totalDesyncs}`);
