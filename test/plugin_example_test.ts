/** The example plugin's own test: it imports the package by its name, as a user's plugin does. */
import "../plugins/typescript_example/mod_test.ts";
