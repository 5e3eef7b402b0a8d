// Does nothing until its standard input ends.
process.stdin.resume();
