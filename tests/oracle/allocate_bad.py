"""allocate_bad.py FOLDER KIND: small firm files with one fault each."""
import sys

folder, kind = sys.argv[1:]
rows = {
    "zero": ["A,10,4,8", "A,9,3,7", "A,8,3,0", "B,7,2,3"],
    "labour": ["A,10,4,8", "A,9,3,7", "B,8,9,3", "B,7,8,3"],
}
with open(f"{folder}/{kind}.csv", "w") as f:
    f.write("industry,output,labour,capital\n" + "\n".join(rows[kind]) + "\n")
