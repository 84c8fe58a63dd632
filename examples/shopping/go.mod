module example.org/shopping

go 1.26.0

require (
	github.com/aura-runtime/aura v0.0.0
	pgregory.net/rapid v1.3.0
)

require (
	github.com/fxamacker/cbor/v2 v2.10.0 // indirect
	github.com/google/go-cmp v0.7.0 // indirect
	github.com/x448/float16 v0.8.4 // indirect
	golang.org/x/text v0.43.0 // indirect
)

replace github.com/aura-runtime/aura => ../..
