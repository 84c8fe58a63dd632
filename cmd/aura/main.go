package main

import "github.com/aura-runtime/aura/program"

func main() { program.Main(program.Options{}) }
