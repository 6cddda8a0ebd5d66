//! Which CPU level this machine can run, by CPUID.
const builtin = @import("builtin");

const Registers = struct { eax: u32, ebx: u32, ecx: u32, edx: u32 };

fn cpuid(leaf: u32, subleaf: u32) Registers {
    var a: u32 = undefined;
    var b: u32 = undefined;
    var c: u32 = undefined;
    var d: u32 = undefined;
    asm volatile ("cpuid"
        : [a] "={eax}" (a),
          [b] "={ebx}" (b),
          [c] "={ecx}" (c),
          [d] "={edx}" (d),
        : [leaf] "{eax}" (leaf),
          [subleaf] "{ecx}" (subleaf),
    );
    return .{ .eax = a, .ebx = b, .ecx = c, .edx = d };
}

/// Low word of XCR0: the register states that the operating system saves.
fn savedStates() u32 {
    return asm volatile ("xgetbv"
        : [low] "={eax}" (-> u32),
        : [index] "{ecx}" (@as(u32, 0)),
        : .{ .rdx = true });
}

fn has(word: u32, comptime bits: []const u5) bool {
    inline for (bits) |bit| if ((word >> bit) & 1 == 0) return false;
    return true;
}

/// Name of the best level; bits after the Intel 64 manual, volume 2, CPUID, and the x86-64 psABI's
/// levels.
pub fn detect() []const u8 {
    if (builtin.cpu.arch != .x86_64) return "neon";
    if (cpuid(0, 0).eax < 7) return "v2";
    const basic = cpuid(1, 0);
    const extended = cpuid(7, 0);
    const amd = cpuid(0x8000_0001, 0);
    if (!has(basic.ecx, &.{ 12, 22, 27, 28, 29 })) return "v2"; // FMA MOVBE OSXSAVE AVX F16C
    if (!has(extended.ebx, &.{ 3, 5, 8 }) or !has(amd.ecx, &.{5})) return "v2"; // BMI1 AVX2 BMI2, LZCNT
    const saved = savedStates();
    if (saved & 0x6 != 0x6) return "v2";
    if (builtin.os.tag == .macos) return "v3"; // the AVX-512 state is enabled lazily there
    if (!has(extended.ebx, &.{ 16, 17, 28, 30, 31 }) or saved & 0xe6 != 0xe6) return "v3"; // F DQ CD BW VL
    return "v4";
}
