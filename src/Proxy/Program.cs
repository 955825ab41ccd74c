await Console.Error.WriteLineAsync("waystation: nothing to serve yet");
return 2;
