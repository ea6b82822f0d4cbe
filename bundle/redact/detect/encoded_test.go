package detect_test

import "testing"

func TestBase64(t *testing.T) {
	runCases(t, []scanCase{
		{"a password inside", "data: cGFzc3dvcmQ9VHIwdWI0ZG9yMQ==", []string{"secret cGFzc3dvcmQ9VHIwdWI0ZG9yMQ=="}},
		{"an address inside, encoded twice", "v ZG1Wc2JHOGdNVEF1TWpBdU16QXVOREFnYjJzPQ==", []string{"secret ZG1Wc2JHOGdNVEF1TWpBdU16QXVOREFnYjJzPQ=="}},
		{"nothing that must go inside", "v cmVhZHkgYW5kIHdhaXRpbmc=", nil},
		{"no text inside", "sum 3q2+7wABAgMEBQYHCAkKCwwNDg8=", nil},
		{"words of a path", "GET /Sample/TestCase/AbcDefGhi", nil},
	})
}

func TestPEM(t *testing.T) {
	const begin, end = "-----BEGIN " + "PRIVATE KEY-----", "-----END " + "PRIVATE KEY-----"
	runCases(t, []scanCase{
		{"a block on lines of its own", begin + "\nMIIEow75lA\nabcd+/12==\n" + end + "\n", []string{"secret MIIEow75lA", "secret abcd+/12=="}},
		{"an indented block", "key: |\n    " + begin + "\n    MIIEow75lA\n    " + end + "\n", []string{"secret MIIEow75lA"}},
		{"a block in one line with escaped ends", `{"key":"` + begin + `\nMIIEow75lA\n` + end + `\n","n":1}`, []string{"secret MIIEow75lA"}},
		{"a block without an end", begin + "\nMIIEow75lA\n\nready: yes, it is\n", []string{"secret MIIEow75lA"}},
		{
			"a block in one line below one that was cut off", begin + "\nMIIEow75lA\n{\"user\":\"mloewe\",\"key\":\"" + begin + `\nMIIZz77\n` + end + "\"}\n",
			[]string{"secret MIIEow75lA", "user mloewe", "secret MIIZz77"},
		},
		{"text about blocks", "the BEGIN mark of a key is missing", nil},
	})
}
